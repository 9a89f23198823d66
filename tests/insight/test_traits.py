"""What each trait means: the same values as a brute-force reference, and nothing known from after the instant."""

from __future__ import annotations

import random
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from cordiale.insight import definitions, queries
from cordiale.insight.rules.compilation import Moment

from . import reference
from .conftest import Shop

PARIS = ZoneInfo("Europe/Paris")
TICK = timedelta(microseconds=1)
EDGES = [timedelta(days=days) + shift for days in (0, 30, 90, 180, 365) for shift in (-TICK, timedelta(0), TICK)]
CATEGORIES, STORES = ("wine", "bread", "soap", None), ("s1", "s2", None)


def random_facts(seed: int, now: datetime, customers: int) -> dict[str, list[dict[str, Any]]]:
    """Orders, returns, events and messages, many of them within a microsecond of a window's edge, many at once."""
    draw = random.Random(seed)

    def ts() -> datetime:
        if draw.random() < 0.4:
            return now - draw.choice(EDGES)
        return now - timedelta(days=draw.choice((5, 120, 800)) * draw.random())

    lines, events, messages = [], [], []
    for customer in range(1, customers + 1):
        for order in range(draw.choice((0, 1, 2, 3, 8))):
            at, sign = ts(), -1 if draw.random() < 0.15 else 1
            lines += [
                {"customer_id": customer, "ts": at, "order_id": f"{customer}-{order}", "line_no": number,
                 "category": draw.choice(CATEGORIES), "store": draw.choice(STORES),
                 "quantity": sign * draw.randint(0, 4), "amount": sign * Decimal(draw.randint(0, 999)) / 100,
                 "discount": Decimal(draw.choice((0, 0, 25))) / 100}
                for number in range(1, draw.randint(2, 5))
            ]  # fmt: skip
        events += [
            {"customer_id": customer, "ts": ts(), "event_id": f"{customer}-{number}",
             "name": draw.choice(("Coupon Redeemed", "Page Viewed", "Product Viewed", "Product Added", "Content Read")),
             "category": draw.choice(CATEGORIES), "topic": draw.choice(("cellar", "baking", None)),
             "product_id": draw.choice(("p1", "p2", None)), "seconds": draw.choice((None, 0, 15, 300))}
            for number in range(draw.randint(0, 9))
        ]  # fmt: skip
        messages += [
            {"customer_id": customer, "ts": ts(), "message_id": f"{customer}-{number}", "channel": "email",
             "kind": draw.choice(("handed_over", "bounced"))}
            for number in range(draw.randint(0, 3))
        ]  # fmt: skip
    return {"order_lines": lines, "events": events, "messages": messages}


def write(shop: Shop, facts: dict[str, list[dict[str, Any]]]) -> None:
    shop.lines(facts["order_lines"])
    shop.write("events", facts["events"])
    shop.write("messages", facts["messages"])


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_every_trait_equals_the_reference(shop: Shop, now: datetime, seed: int) -> None:
    facts = random_facts(seed, now, customers=120)
    write(shop, facts)

    found = queries.compute_for(range(1, 121), now).to_pylist()

    for row in found:
        mine = {
            name: [fact for fact in rows if fact["customer_id"] == row["customer_id"]] for name, rows in facts.items()
        }
        expected = reference.traits(mine["order_lines"], mine["events"], mine["messages"], now, PARIS)
        assert row == {"customer_id": row["customer_id"], **expected}
    assert [trait.name for trait in definitions.current().traits] == list(found[0])[1:]


def test_a_fact_at_or_after_the_instant_changes_nothing(shop: Shop, now: datetime) -> None:
    write(shop, random_facts(4, now - timedelta(days=1), customers=30))
    before = queries.compute_for(range(1, 31), now)

    later = random_facts(5, now + timedelta(days=900), customers=30)
    write(shop, {name: [row for row in rows if row["ts"] >= now] for name, rows in later.items()})

    assert queries.compute_for(range(1, 31), now).equals(before)


def test_a_customer_without_facts_has_zeros_and_unknowns(shop: Shop, now: datetime) -> None:
    row = queries.compute_for([7], now).to_pylist()[0]

    assert row == {"customer_id": 7, **reference.traits([], [], [], now, PARIS)}
    assert (row["orders_total"], row["spend_total"], row["recency_days"]) == (0, Decimal("0.00"), None)


def test_only_the_customers_asked_for_are_answered(shop: Shop, now: datetime) -> None:
    for customer in (1, 2, 3):
        shop.order(customer)

    assert queries.compute_for([3, 1, 3], now)["customer_id"].to_pylist() == [1, 3]


@pytest.mark.parametrize(
    ("instant", "is_weekend"),
    [
        (datetime(2026, 10, 23, 21, 59, 59, tzinfo=UTC), False),  # Friday 23:59:59 in Paris, summer time
        (datetime(2026, 10, 23, 22, 0, tzinfo=UTC), True),
        (datetime(2026, 10, 25, 22, 59, 59, tzinfo=UTC), True),  # Sunday, after the clocks went back that night
        (datetime(2026, 10, 25, 23, 0, tzinfo=UTC), False),
        (datetime(2026, 3, 29, 21, 59, 59, tzinfo=UTC), True),  # Sunday, after the clocks went forward
        (datetime(2026, 3, 29, 22, 0, tzinfo=UTC), False),
    ],
)
def test_the_weekend_is_the_one_on_the_companys_clock(
    shop: Shop, now: datetime, instant: datetime, is_weekend: bool
) -> None:
    shop.order(1, ts=instant)

    assert queries.compute_for([1], now)["weekend_share"].to_pylist() == [float(is_weekend)]


def test_the_zones_changes_are_found_to_the_second() -> None:
    moment = Moment(datetime(2026, 11, 16, 9, 0, 0, 123, tzinfo=UTC), PARIS, reach=300)

    assert [(at.isoformat(), offset // 3_600_000_000) for at, offset in moment.offsets[1:]] == [
        ("2026-03-29T01:00:00+00:00", 2),
        ("2026-10-25T01:00:00+00:00", 1),
    ]
