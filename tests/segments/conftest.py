"""A small company: eight customers, their orders, events, messages and consents, in a lake of the test's own."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any

import pyarrow as pa
import pytest

from cordiale.home import Home
from cordiale.lake import open_lake

MONEY = pa.decimal128(12, 2)
NOW = datetime(2026, 11, 16, 9, 0, tzinfo=UTC)
LINES = pa.schema({
    "customer_id": pa.int64(), "ts": pa.timestamp("us", tz="UTC"), "order_id": pa.string(), "line_no": pa.int32(),
    "product_id": pa.string(), "category": pa.string(), "department": pa.string(), "brand": pa.string(),
    "store": pa.string(), "channel": pa.string(), "quantity": pa.int32(), "amount": MONEY, "discount": MONEY,
})  # fmt: skip


def order(
    customer: int, days_ago: float, *lines: tuple[str, str], store: str = "s1", **more: Any
) -> list[dict[str, Any]]:
    """An order of (category, amount) lines so many days before NOW."""
    at = NOW - timedelta(days=days_ago)
    base = {"customer_id": customer, "ts": at, "order_id": f"{customer}-{days_ago}", "product_id": "p", "quantity": 1,
            "department": "food", "brand": "b", "store": store, "channel": "store", "discount": Decimal(0)}  # fmt: skip
    return [
        {**base, "line_no": number, "category": category, "amount": Decimal(amount), **more}
        for number, (category, amount) in enumerate(lines, 1)
    ]


def event(customer: int, days_ago: float, name: str) -> dict[str, Any]:
    at = NOW - timedelta(days=days_ago)
    return {"customer_id": customer, "ts": at, "event_id": f"e{customer}-{days_ago}-{name}", "name": name,
            "properties": "{}", "source": "web"}  # fmt: skip


def message(customer: int, days_ago: float, kind: str, programme: str = "welcome") -> dict[str, Any]:
    at = NOW - timedelta(days=days_ago)
    return {"customer_id": customer, "ts": at, "message_id": f"m{customer}-{days_ago}", "programme": programme,
            "step": "0", "channel": "email", "purpose": "offers", "kind": kind, "source": "cordiale"}  # fmt: skip


ORDERS = [
    *order(1, 5, ("wine", "30.00"), ("bread", "3.20")), *order(1, 40, ("wine", "12.50")),
    *order(1, 200, ("cheese", "8.00")),
    *order(2, 95, ("bread", "2.10")), *order(2, 300, ("bread", "4.00"), store="s2"),
    *order(3, 1, ("cheese", "100.10")), *order(3, 0.5, ("cheese", "-100.10"), quantity=-1),
    *order(4, 30, ("wine", "19.99"), ("wine", "20.01")),
]  # fmt: skip
EVENTS = [event(1, 2, "Cart Updated"), event(1, 20, "Cart Updated"), event(2, 3, "Page Viewed")]
MESSAGES = [message(1, 10, "handed_over"), message(1, 10, "clicked"), message(4, 100, "handed_over", "birthday")]


@pytest.fixture
def lake(fresh_home: Home) -> Any:
    """A lake with the company's facts."""
    lake = open_lake()
    lake.append("order_lines", pa.Table.from_pylist(ORDERS, schema=LINES))
    lake.append("events", pa.Table.from_pylist(EVENTS))
    lake.append("messages", pa.Table.from_pylist(MESSAGES))
    return lake


@pytest.fixture
def company(lake: Any, db: None) -> dict[str, int]:
    """The customers, their profiles and consents; name → number."""
    from cordiale.consent.models import Consent, ConsentProof, Purpose
    from cordiale.customers.models import Customer

    created = NOW - timedelta(days=400)
    people = [
        {"id": 1, "reference": "anna", "city": "Lyon", "postcode": "69001", "language": "fr", "email": "a@example.org",
         "birth_on": date(1990, 11, 16), "declared": {"income": "35-49K", "household": 2}},
        {"id": 2, "reference": "bert", "city": "Paris", "postcode": "75011", "language": "en", "email": "b@example.org",
         "birth_on": date(2000, 2, 29), "declared": {"income": "", "household": "many"}},
        {"id": 3, "reference": "chloé", "city": "L'Haÿ-les-Roses", "language": "fr", "phone": "+33612345678",
         "birth_on": date(1950, 11, 17)},
        {"id": 4, "reference": "dora", "city": "", "language": "fr", "email": "d@example.org"},
        {"id": 5, "reference": "emil", "city": "lyon", "language": "en", "created_at": NOW - timedelta(days=3)},
    ]  # fmt: skip
    Customer.objects.bulk_create(Customer(**{"created_at": created, "updated_at": created, **one}) for one in people)
    Purpose.objects.get_or_create(code="offers", defaults={"title": {"fr": "Offres", "en": "Offers"}})
    for customer, channel, state in [(1, "email", "granted"), (2, "email", "withdrawn"), (4, "email", "granted"),
                                     (1, "sms", "granted")]:  # fmt: skip
        proof = ConsentProof.objects.create(
            customer_id=customer,
            purpose_id="offers",
            channel=channel,
            state=state,
            at=created,
            source="form",
            wording="yes",
        )
        Consent.objects.create(
            customer_id=customer, purpose_id="offers", channel=channel, state=state, since=created, proof=proof
        )
    return {one["reference"]: one["id"] for one in people}


@pytest.fixture
def snapshot(company: dict[str, int]) -> dict[str, int]:
    """The same, with the day's traits computed."""
    from cordiale.insight.actions import ensure_snapshot

    ensure_snapshot(NOW)
    return company


@pytest.fixture
def held(snapshot: dict[str, int]) -> Callable[[str], set[int]]:
    """Whom an expression holds for."""
    from cordiale.segments import queries

    return lambda text: set(queries.members_of(text, NOW, limit=100).customer_ids)
