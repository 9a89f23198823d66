"""One customer's story: kinds merged by time, pages cut by position, bounded whatever there is."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

import pyarrow as pa
import pytest
from django.utils import translation
from hypothesis import given
from hypothesis import strategies as st

from cordiale.customers import timeline
from cordiale.customers.models import Customer
from cordiale.customers.timeline import Asked, Entry, Position
from cordiale.errors import CordialeError
from cordiale.home import Home
from cordiale.lake import open_lake

pytestmark = pytest.mark.django_db
MINUTE, HOUR, DAY = timedelta(minutes=1), timedelta(hours=1), timedelta(days=1)


@pytest.fixture(autouse=True)
def in_english() -> Iterator[None]:
    with translation.override("en"):
        yield


@pytest.fixture
def anne(now: datetime, fresh_home: Home) -> int:
    known = now - 400 * DAY
    return Customer.objects.create(reference="A", last_name="Roux", created_at=known, updated_at=known).pk


def lines(customer: int, order: str, at: datetime, *amounts: str, **more: Any) -> list[dict[str, Any]]:
    base = {"customer_id": customer, "ts": at, "order_id": order, "product_id": "p1", "quantity": 1, "store": "7",
            "channel": "store", "category": "WINE", "discount": Decimal(1)}  # fmt: skip
    return [{**base, "line_no": number, "amount": Decimal(amount), **more} for number, amount in enumerate(amounts, 1)]


def event(
    customer: int, name: str, at: datetime, *, source: str = "web", number: int = 0, **told: Any
) -> dict[str, Any]:
    return {"customer_id": customer, "ts": at, "event_id": f"{name}{at.timestamp()}{number}", "name": name,
            "properties": json.dumps(told), "source": source}  # fmt: skip


def append(table: str, rows: list[dict[str, Any]]) -> None:
    open_lake().append(table, pa.Table.from_pylist(rows))


def read(customer: int, **asked: Any) -> list[Entry]:
    return timeline.read(Asked(customer_id=customer, **asked)).entries


def test_an_order_is_one_entry_whose_products_unfold(anne: int, now: datetime) -> None:
    append("order_lines", lines(anne, "1", now, "10.50", "2.50") + lines(anne, "2", now + DAY, "-2.50"))
    back, order = read(anne)
    assert (back.title, back.amount, order.title, order.amount) == ("Return", Decimal("-2.50"), "Order", Decimal(13))
    assert order.detail == "2 lines · store 7 · €2.00 off · WINE"
    assert len(order.rows) == 2
    assert order.rows[0][0] == "p1"


def test_events_less_than_half_an_hour_apart_are_one_visit(anne: int, now: datetime) -> None:
    seen = [
        event(anne, "Page Viewed", now + minutes * MINUTE, title=f"T{minutes}", path="/") for minutes in (0, 29, 58)
    ]
    later = event(anne, "Page Viewed", now + 89 * MINUTE, title="Late", path="/")
    append("events", [*seen, later])
    alone, visit = read(anne, kind="visit")
    assert (alone.title, alone.detail, alone.rows) == ("Page viewed", "Late", ())
    assert visit.at == now
    assert [row[1:] for row in visit.rows] == [("Page viewed", f"T{minutes}") for minutes in (0, 29, 58)]
    assert "58 min" in visit.detail


def test_what_two_sources_tell_at_once_is_two_visits(anne: int, now: datetime) -> None:
    append("events", [event(anne, "Page Viewed", now), event(anne, "Store Visited", now + MINUTE, source="till")])
    assert [one.channel for one in read(anne)] == ["till", "web"]


def test_counts_are_by_kind_and_channel_within_the_days_whatever_the_page_shows(anne: int, now: datetime) -> None:
    append("order_lines", lines(anne, "1", now, "1") + lines(anne, "2", now, "1", channel="web"))
    append("order_lines", lines(anne, "3", now - 50 * DAY, "1"))
    append("events", [event(anne, "Signed In", now)])
    found = timeline.read(Asked(customer_id=anne, since=now - DAY, channel="web", kind="order", limit=1))
    assert [one.key for one in found.entries] == ["2"]
    assert found.counts["order"] == {"store": 1, "web": 1}
    assert found.counts["visit"] == {"web": 1}


def test_pages_by_position_show_everything_once_in_one_order(anne: int, now: datetime) -> None:
    append(
        "order_lines",
        [line for number in range(30) for line in lines(anne, f"o{number:02}", now + number // 3 * HOUR, "1")],
    )
    append("events", [event(anne, "Seen", now + hour * HOUR) for hour in range(10)])
    whole = read(anne, limit=100)
    assert len(whole) == 40
    seen: list[Entry] = []
    asked: Asked | None = Asked(customer_id=anne, limit=7)
    while asked:
        page = timeline.read(asked)
        seen += page.entries
        asked = replace(asked, after=page.next) if page.next else None
    assert [one.position for one in seen] == [one.position for one in whole]


def test_what_happens_meanwhile_does_not_move_the_next_page(anne: int, now: datetime) -> None:
    append("events", [event(anne, "Seen", now + hour * HOUR) for hour in range(10)])
    first = timeline.read(Asked(customer_id=anne, limit=5))
    append("events", [event(anne, "New", now + DAY)])
    second = read(anne, limit=5, after=first.next)
    assert [one.at for one in second] == [now + hour * HOUR for hour in (4, 3, 2, 1, 0)]


def test_a_kind_of_rows_in_postgresql_takes_part_in_the_same_order(anne: int, now: datetime) -> None:
    rows = [Customer.objects.create(reference=f"r{number}", created_at=now + number % 2 * HOUR, updated_at=now)
            for number in range(6)]  # fmt: skip

    def entries(asked: Asked) -> list[Entry]:
        found = timeline.page(Customer.objects.exclude(pk=anne), asked, "row", "created_at")
        return [Entry(kind="row", key=timeline.key(one.pk), at=one.created_at, icon="x", title="") for one in found]

    append("events", [event(anne, "Seen", now), event(anne, "Seen", now + HOUR)])
    timeline.register(timeline.Kind(name="row", order=99, label="Rows", entries=entries, counts=lambda asked: {"": 6}))
    try:
        whole = read(anne)
        assert [one.kind for one in whole] == ["row"] * 3 + ["visit"] + ["row"] * 3 + ["visit"]
        assert {one.key for one in whole if one.kind == "row"} == {timeline.key(one.pk) for one in rows}
        for place in range(1, 8):
            assert read(anne, after=whole[place - 1].position, limit=3) == whole[place : place + 3]
    finally:
        timeline._kinds.pop("row")


def test_an_unknown_kind_names_those_there_are(anne: int) -> None:
    with pytest.raises(CordialeError, match="order, visit"):
        read(anne, kind="weather")


def test_another_customers_facts_are_never_told(anne: int, now: datetime) -> None:
    append("events", [event(anne + 1, "Seen", now)])
    append("order_lines", lines(anne + 1, "1", now, "1"))
    found = timeline.read(Asked(customer_id=anne))
    assert found.entries == []
    assert not any(found.counts.values())


@given(at=st.datetimes(timezones=st.just(UTC)), kind=st.from_regex(r"[a-z]+", fullmatch=True), key=st.text(max_size=20))
def test_a_position_in_an_address_comes_back_as_it_was(at: datetime, kind: str, key: str) -> None:
    assert Position.parse(str(Position(at, kind, key))) == Position(at, kind, key)


@pytest.mark.parametrize("text", ["", "~", "x~order~1", "2026-01-01~order", "2026-01-01T00:00:00~order~1", "9" * 300])
def test_what_is_no_position_is_none(text: str) -> None:
    assert Position.parse(text) is None
