"""The list, the export and the page of a customer."""

from __future__ import annotations

from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

import pyarrow as pa
import pytest
from django.db.models import Q
from django.test import Client

from cordiale.accounts.models import AuditEntry, Staff
from cordiale.customers import actions, filters, timeline
from cordiale.home import Home
from cordiale.lake import open_lake

pytestmark = pytest.mark.django_db


@pytest.fixture
def marketer(client: Client, now: datetime) -> Client:
    staff = Staff.objects.create(email="m@example.org", name="M", role="marketer", language="en", created_at=now)
    client.force_login(staff)
    return client


@pytest.fixture
def anne(now: datetime, fresh_home: Home) -> int:
    """A customer with two orders (one a return), an event and a message."""
    row = {
        "reference": "A", "first_name": "Anne", "last_name": "Roux", "phone": "+336", "city": "=cmd()",
        "sources": {"phone": {"source": "synthetic", "at": now.isoformat()}}, "declared": {"income": "high"},
    }  # fmt: skip
    customer: int = actions.upsert([row], now)["A"]
    order = {"customer_id": customer, "order_id": "1", "product_id": "p", "quantity": 1, "discount": Decimal(1)}
    open_lake().append("order_lines", _table([
        {**order, "ts": now, "line_no": 1, "amount": Decimal("10.50"), "category": "WINE", "store": "7"},
        {**order, "ts": now, "line_no": 2, "amount": Decimal("2.50"), "category": "BREAD", "store": "7"},
        {**order, "ts": now + timedelta(days=1), "order_id": "2", "line_no": 1, "amount": Decimal("-2.50"),
         "category": "BREAD", "store": "7"},
    ]))  # fmt: skip
    open_lake().append("events", _table([{"customer_id": customer, "ts": now, "event_id": "e", "name": "Cart Updated",
                                          "properties": '{"items": 3}', "source": "web"}]))  # fmt: skip
    open_lake().append("messages", _table([{"customer_id": customer, "ts": now, "message_id": "m", "channel": "email",
                                            "programme": "welcome", "kind": "clicked"}]))  # fmt: skip
    return customer


def _table(rows: list[dict[str, Any]]) -> pa.Table:
    return pa.Table.from_pylist(rows)


def test_an_order_is_one_entry_with_its_total_and_lines(anne: int) -> None:
    entries, has_more = timeline.entries(anne, kind="order", page=1, language="en")
    assert [(one.key, one.amount, one.lines) for one in entries] == [("2", Decimal("-2.50"), 1), ("1", Decimal(13), 2)]
    assert entries[1].detail == "BREAD, WINE"
    assert not has_more


def test_the_page_shows_profile_timeline_and_marks_what_is_synthetic(marketer: Client, anne: int) -> None:
    page = marketer.get(f"/customers/{anne}/").content.decode()
    for text in ("Anne Roux", "synthetic", "Cart Updated", "items: 3", "Clicked", "welcome", "Return", "Income"):
        assert text in page, text


def test_the_kind_in_the_address_filters_the_timeline(marketer: Client, anne: int) -> None:
    page = marketer.get(f"/customers/{anne}/?kind=event").content.decode()
    assert "Cart Updated" in page
    assert "Clicked" not in page


def test_the_timeline_shows_fifty_at_a_time(anne: int, now: datetime) -> None:
    many = [{"customer_id": anne, "ts": now + timedelta(hours=hour), "event_id": f"x{hour}", "name": "Seen"}
            for hour in range(60)]  # fmt: skip
    open_lake().append("events", _table(many))
    first, more = timeline.entries(anne, kind="event", page=1, language="en")
    second, even_more = timeline.entries(anne, kind="event", page=2, language="en")
    assert (len(first), more, len(second), even_more) == (50, True, 11, False)
    assert first[0].key == "x59"


def test_nobody_has_that_number(marketer: Client) -> None:
    answer = marketer.get("/customers/999999/")
    assert answer.status_code == 404
    assert "There is nothing here" in answer.content.decode()


def test_a_search_that_finds_one_customer_opens_the_page(marketer: Client, anne: int) -> None:
    assert marketer.get("/customers/?q=roux").url == f"/customers/{anne}/"


def test_a_search_that_finds_nobody_says_how_to_search(marketer: Client, anne: int) -> None:
    assert "Nobody matches" in marketer.get("/customers/?q=xyz").content.decode()


def test_the_list_shows_fifty_and_keeps_the_search_when_turning_pages(marketer: Client, now: datetime) -> None:
    actions.upsert([{"reference": f"R{number:03}", "last_name": "Durand"} for number in range(60)], now)
    page = marketer.get("/customers/?q=durand").content.decode()
    assert page.count('<th scope="row">') == 50
    assert "?q=durand&amp;page=2" in page


def test_an_export_holds_no_formula_and_is_audited(marketer: Client, anne: int) -> None:
    answer = marketer.get("/customers/export.csv")
    text = b"".join(answer.streaming_content).decode("utf-8-sig")
    assert "'=cmd()" in text
    assert "'+336" in text
    assert AuditEntry.objects.get().verb == "export"


def test_an_agent_may_see_customers_but_not_take_the_list_away(client: Client, anne: int, now: datetime) -> None:
    agent = Staff.objects.create(email="a@example.org", name="A", role="agent", language="en", created_at=now)
    client.force_login(agent)
    assert client.get("/customers/").status_code == 200
    refusal = client.get("/customers/export.csv")
    assert refusal.status_code == 403
    assert "Your role (agent) does not allow this" in refusal.content.decode()


def test_a_registered_filter_narrows_the_list_and_an_unknown_value_shows_nobody(anne: int) -> None:
    one = filters.Filter("letter", 1, "Letter", lambda: [("R", "R")], lambda value: Q(last_name__startswith=value))
    filters.register(one)
    try:
        assert filters.apply({"letter": "R"})[0] == Q(last_name__startswith="R")
        assert filters.apply({"letter": "?"})[0] == Q(pk__in=[])
    finally:
        filters._filters.pop("letter")
