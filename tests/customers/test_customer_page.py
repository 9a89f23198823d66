"""The page of one customer: filters of the address, detail, who is restricted, merged or erased."""

from __future__ import annotations

from datetime import datetime, timedelta
from decimal import Decimal

import pyarrow as pa
import pytest
from django.test import Client

from cordiale.accounts.models import Staff
from cordiale.customers.models import Customer
from cordiale.home import Home
from cordiale.lake import open_lake

pytestmark = pytest.mark.django_db
DAY = timedelta(days=1)


@pytest.fixture
def marketer(client: Client, now: datetime) -> Client:
    staff = Staff.objects.create(email="m@example.org", name="M", role="marketer", language="en", created_at=now)
    client.force_login(staff)
    return client


@pytest.fixture
def anne(now: datetime, fresh_home: Home) -> Customer:
    """An order, an event and a past message, a day apart."""
    sources = {"phone": {"source": "synthetic", "at": now.isoformat()}}
    anne = Customer.objects.create(
        reference="A", first_name="Anne", last_name="Roux", phone="+33639981234", sources=sources, created_at=now,
        updated_at=now, declared={"income": "high"},
    )  # fmt: skip
    fact = {"customer_id": anne.pk, "ts": now}
    line = {**fact, "order_id": "1", "line_no": 1, "product_id": "Chablis", "quantity": 1, "amount": Decimal("-12.50"),
            "discount": Decimal(0), "category": "WINE", "channel": "store"}  # fmt: skip
    event = {**fact, "ts": now - DAY, "event_id": "e", "name": "Cart Updated", "properties": '{"items": 3}'}
    message = {**fact, "ts": now - 2 * DAY, "message_id": "m", "channel": "letter", "programme": "welcome",
               "kind": "clicked", "purpose": "offers"}  # fmt: skip
    for table, row in (("order_lines", line), ("events", event), ("messages", message)):
        open_lake().append(table, pa.Table.from_pylist([row]))
    return anne


def page(client: Client, customer: Customer, query: str = "") -> str:
    return client.get(f"/customers/{customer.pk}/{query}").content.decode()


def test_it_shows_profile_and_story_and_marks_what_is_synthetic(marketer: Client, anne: Customer) -> None:
    shown = page(marketer, anne)
    for text in (
        "Anne Roux",
        "synthetic",
        "Cart changed",
        "items: 3",
        "Clicked",
        "welcome",
        "Return",
        "Chablis",
        "Income",
    ):
        assert text in shown, text


@pytest.mark.parametrize(
    ("query", "present", "absent"),
    [
        ("?kind=visit", "Cart changed", "Chablis"), ("?channel=letter", "welcome", "Cart changed"),
        ("?since=2026-11-16", "Chablis", "Cart changed"), ("?until=2026-11-15", "Cart changed", "Chablis"),
        ("?kind=weather", "Chablis", "no kind of entry"), ("?after=nonsense", "Chablis", "Newest"),
        ("?kind=message&since=2026-11-16", "Nothing of this kind", "welcome"),
    ],
)  # fmt: skip
def test_the_address_filters_the_timeline(
    marketer: Client, anne: Customer, query: str, present: str, absent: str
) -> None:
    shown = page(marketer, anne, query)
    assert present in shown
    assert absent not in shown


@pytest.mark.parametrize(
    ("query", "words"),
    [("?since=yesterday", "is not a day"), ("?since=2026-11-16&until=2026-11-01", "exchange them"),
     ("?until=9999-12-31", "is not a day")],
)  # fmt: skip
def test_a_day_that_is_none_is_said_beside_the_field(marketer: Client, anne: Customer, query: str, words: str) -> None:
    assert words in page(marketer, anne, query)


def test_the_last_entry_of_a_page_leads_to_the_older_ones(marketer: Client, anne: Customer, now: datetime) -> None:
    many = [{"customer_id": anne.pk, "ts": now + hour * timedelta(hours=1), "event_id": f"x{hour}", "name": f"N{hour}E"}
            for hour in range(60)]  # fmt: skip
    open_lake().append("events", pa.Table.from_pylist(many))
    first = marketer.get(f"/customers/{anne.pk}/?kind=visit")
    assert "N59E" in first.content.decode()
    assert "N3E" not in first.content.decode()
    second = marketer.get(f"/customers/{anne.pk}/", {"kind": "visit", "after": first.context["older"]})
    assert "N3E" in second.content.decode()
    assert second.context["older"] == ""


def test_a_restricted_customer_says_so_at_the_top(marketer: Client, anne: Customer, now: datetime) -> None:
    Customer.objects.filter(pk=anne.pk).update(restricted_at=now)
    assert "Processing is restricted" in page(marketer, anne)


def test_a_merged_customer_leads_to_the_survivor(marketer: Client, anne: Customer, now: datetime) -> None:
    survivor = Customer.objects.create(reference="B", last_name="Survivor", created_at=now, updated_at=now)
    Customer.objects.filter(pk=anne.pk).update(merged_into=survivor)
    shown = page(marketer, anne)
    assert f'href="/customers/{survivor.pk}/"' in shown
    assert "Chablis" not in shown


def test_an_erased_customers_page_shows_nothing_of_the_person(marketer: Client, anne: Customer, now: datetime) -> None:
    Customer.everyone.filter(pk=anne.pk).update(merged_into=anne.pk, erased_at=now, first_name="", last_name="")
    shown = page(marketer, anne)
    assert "This person was erased" in shown
    assert "Chablis" not in shown


def test_nobody_has_that_number(marketer: Client, fresh_home: Home) -> None:
    answer = marketer.get("/customers/999999/")
    assert answer.status_code == 404
    assert "There is nothing here" in answer.content.decode()
