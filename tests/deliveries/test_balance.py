"""What we gave one customer, and what we asked, over twelve months."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

import pyarrow as pa
import pytest
from django.utils import translation

from cordiale.cases import actions as cases
from cordiale.cases.rules import Opening
from cordiale.customers.models import Customer
from cordiale.deliveries import balance
from cordiale.home import Home
from cordiale.lake import open_lake

pytestmark = pytest.mark.django_db
DAY = timedelta(days=1)


@pytest.fixture(autouse=True)
def in_english() -> Iterator[None]:
    with translation.override("en"):
        yield


@pytest.fixture
def anne(now: datetime, fresh_home: Home) -> int:
    return Customer.objects.create(reference="A", created_at=now - 900 * DAY, updated_at=now).pk


def counted(customer: int, now: datetime) -> dict[str, tuple[int, Decimal | None]]:
    return {str(one.label): (one.count, one.amount) for one in balance.of_customer(customer, now)}


def append(table: str, rows: list[dict[str, Any]]) -> None:
    open_lake().append(table, pa.Table.from_pylist(rows))


def test_messages_are_told_apart_by_what_their_purpose_does(anne: int, now: datetime) -> None:
    sent = [("1", "news", "handed_over"), ("2", "service", "handed_over"), ("3", "offers", "handed_over"),
            ("3", "offers", "clicked"), ("4", "offers", "refused"), ("5", "gone", "handed_over")]  # fmt: skip
    append("messages", [{"customer_id": anne, "ts": now - DAY, "message_id": number, "channel": "email",
                         "purpose": purpose, "kind": kind} for number, purpose, kind in sent])  # fmt: skip
    found = counted(anne, now)
    assert found["Informative messages"] == (2, None)
    assert found["Promotional messages"] == (2, None)
    assert found["Survey requests"] == (0, None)


def test_discounts_count_orders_and_money_of_twelve_months_only(anne: int, now: datetime) -> None:
    line = {"customer_id": anne, "product_id": "p", "quantity": 1, "amount": Decimal(9)}
    append("order_lines", [
        {**line, "ts": now - DAY, "order_id": "1", "line_no": 1, "discount": Decimal("1.50")},
        {**line, "ts": now - DAY, "order_id": "1", "line_no": 2, "discount": Decimal("0.50")},
        {**line, "ts": now - DAY, "order_id": "2", "line_no": 1, "discount": Decimal(0)},
        {**line, "ts": now - 400 * DAY, "order_id": "3", "line_no": 1, "discount": Decimal(7)},
    ])  # fmt: skip
    assert counted(anne, now)["Orders with a discount"] == (1, Decimal("2.00"))


def test_a_case_is_given_once_it_is_answered(anne: int, now: datetime) -> None:
    opening = Opening(customer_id=anne, channel="web", subject="Where?")
    cases.open_case(opening, actor="test", now=now - DAY)
    answered = cases.open_case(opening, actor="test", now=now - DAY)
    cases.answer(answered.pk, "There.", actor="test", now=now - DAY)
    assert counted(anne, now)["Answered cases"] == (1, None)


def test_a_higher_package_adds_its_lines(anne: int, now: datetime) -> None:
    one = balance.Line(is_given=True, label="Points", definition="Points given.", count=30)
    balance.register("points", lambda customer, since, until: [one])
    try:
        assert balance.of_customer(anne, now)[-1] == one
    finally:
        balance._more.pop("points")
