"""Apache Spark gives the same rows as DuckDB for the constructs segments are compiled to."""

from __future__ import annotations

import json
from datetime import date, timedelta
from typing import Any

import pyarrow as pa
import pytest

from cordiale.home import Home
from cordiale.lake import open_lake
from cordiale.segments.rules import Expression, parse
from cordiale.segments.rules.compilation import to_sql
from tests.segments import generation
from tests.segments.conftest import EVENTS, LINES, MESSAGES, NOW, ORDERS
from tests.segments.generation import WORDS

pytestmark = pytest.mark.spark
DAY = date(2026, 11, 16)
TEXTS = [
    "orders_n between 1 and 3 and not city ilike 'ly%'",
    "taste = 'l''été' or taste like '100%' or taste not like 'w\x5f%'",
    "taste in ('wine', 'a_b') or taste not in ('wine', 'bread')", "paid / orders_n > 1.5", "paid * 2 - ratio >= 2.50",
    "-orders_n < -1", "orders_n / (orders_n - 1) > 1", "days_since(seen_at) >= 3", "seen_at + '36 hours' > now",
    "seen_at between now - '2 weeks' and '2026-11-15'", "birth_on < '1980-05-06'", "created_at is null",
    "city is not null",
    "has_email and not has_email", "consent('offers', 'email') and not consent('offers', 'sms')",
    "in_segment('double')",
    "declared('income') = 'wine'", "declared_number('age') > 3", "orders() >= 2",
    "orders(category => 'wine', last => '90 days') = 1",
    "orders(minimum => 33.20) = 1", "spend(since => '2026-08-01') > 45.69", "units(store => 's1') > 1",
    "events('Cart Updated', last => '7 days') = 1", "messages() = 1", "messages(kind => 'clicked') > 0", "true",
    "part >= 0.25",
    "sample(0.5, 'l''été') or sample(0.25, 'a\\b')", "reachable('offers', 'email')", "listed('vip')",
    "reachable('service', 'sms')", "hobby = 'wine' or pets > 1 or has_car or moved_on < '2000-01-01'",
    "orders(category in ('wine', 'cheese'), amount > 12.50, last => '90 days') = 1",
    "units(brand not like 'x%', amount between 1 and 20.01) > 1", "spend(category <> 'wine', quantity >= 1) > 5",
    "events('Cart Updated', property('total') > 50) = 1", "events('Cart Updated', property('a b') = 'l''été') = 1",
    "events('Cart Updated', property('tone') <> 'bad', last => '30 days') > 0",
    "answers('nps', value >= 9, question => 'q') = 1", "last_answer('nps') <= 6", "last_answer('csat') is null",
    "cases(state => 'open', satisfaction < 4) = 1", "relations('household') = 1",
    "entries('tasty', last => '7 days') = 1 and exits('tasty') = 0",
    "sequence(events('Cart Updated'), orders())", "sequence(events('Cart Updated'), not orders(), within => '3 days')",
    "sequence(orders(), not events('Page Viewed'), events('Cart Updated'), within => '400 days') >= 2",
    "sequence(orders(category => 'wine'), messages(), events('Cart Updated'), last => '60 days')",
    "messages(kind in ('clicked', 'bounced')) = 1", "messages(kind <> 'clicked', programme not like 'b%') = 1",
    "events('Cart Updated', property('total') > 50, property('total') < 1000) = 1",
    "events('Cart Updated', property('note') not in ('bad', 'x')) = 1",
    "events('Cart Updated', property('note') like '%') = 1",
    "units(brand not in ('x', 'y'), category not like 'b%') > 1", "not (taste = 'wine' or not in_segment('tasty'))",
    "sequence(orders(), not orders())", "never(sequence(events('Page Viewed'), orders()))",
]  # fmt: skip


def traits() -> pa.Table:
    count = 6
    return pa.table({
        "customer_id": pa.array(range(1, count + 1), pa.int64()),
        "orders_n": pa.array([0, 1, 2, 3, None, -1], pa.int64()),
        "ratio": pa.array([0.0, 0.5, None, 2.0, -1.5, 1.0]),
        "paid": pa.array([1.0, 2.0, None, 3.0, 4.0, 0.0]).cast(pa.decimal128(12, 2)),
        "part": pa.array([0.0, 0.25, 0.5, None, 1.0, 0.1]),
        "taste": ["wine", "l'été", "100%", None, "a_b", "bread"],
        "seen_at": pa.array([NOW, None, *[row["ts"] for row in ORDERS[:4]]], pa.timestamp("us", tz="UTC")),
    })  # fmt: skip


def relations() -> dict[str, pa.Table]:
    ids = pa.array(range(1, 6), pa.int64())
    return {
        "profiles": pa.table({
            "customer_id": ids, "city": ["Lyon", None, "lyon", "Paris", "L'Haÿ"],
            "birth_on": pa.array([date(1970, 1, 1), None, date(1980, 5, 6), date(1990, 1, 1), None]),
            "created_at": pa.array([NOW, None, NOW, None, NOW], pa.timestamp("us", tz="UTC")),
            "has_email": [True, False, None, True, False], "declared_0": ["wine", None, "", "Wine", "wine"],
            "declared_1": [1.0, 4.0, None, 3.0, 3.5], "declared_2": ["wine", "tea", None, "", "wine"],
            "declared_3": [1.0, 2.0, None, 0.0, 3.0], "declared_4": [True, None, False, True, False],
            "declared_5": pa.array([date(1999, 1, 1), None, date(2000, 1, 1), date(2010, 1, 1), None]),
            "at_email": [True, True, False, True, None], "at_phone": [True, False, None, True, True],
        }),
        **{f"mark_{number}": pa.table({"customer_id": pa.array(who, pa.int64())})
           for number, who in enumerate([[1, 2], [1, 3], [1], [2, 4], [5], [3]])},
        "cases": given({"state": ["open", "open"], "satisfaction": pa.array([3, None], pa.int32())}),
        "relations": given({"kind": ["household", "household"]}),
        "stays": given({"segment": ["tasty", "tasty"], "kind": ["entered", "left"]}),
    }  # fmt: skip


def given(columns: dict[str, Any]) -> pa.Table:
    moments = pa.array([NOW - timedelta(days=1), NOW - timedelta(days=40)], pa.timestamp("us", tz="UTC"))
    return pa.table({"customer_id": pa.array([1, 2], pa.int64()), "ts": moments, **columns})


def answer(customer: int, days_ago: float, survey: str, value: float | None) -> dict[str, Any]:
    return {"customer_id": customer, "ts": NOW - timedelta(days=days_ago), "answer_id": f"{customer}-{days_ago}",
            "survey": survey, "question": "q", "kind": "nps", "value": value}  # fmt: skip


ANSWERS = [answer(1, 3, "nps", 9), answer(1, 2, "nps", 4), answer(1, 1, "nps", None), answer(2, 9, "nps", 10),
           answer(3, 1, "csat", 5)]  # fmt: skip
PROPERTIES = [{"properties": json.dumps(one)} for one in
              ({"total": 70.50000000000001, "tone": "good", "note": ""},
               {"total": "12", "tone": "bad", "a b": "l'été", "note": "50 % \\"}, {"note": None})]  # fmt: skip


@pytest.fixture
def lake(fresh_home: Home) -> Any:
    lake = open_lake()
    lake.append("order_lines", pa.Table.from_pylist(ORDERS, schema=LINES))
    lake.append("events", pa.Table.from_pylist(
        [one | more for one, more in zip(EVENTS, PROPERTIES, strict=True)]))  # fmt: skip
    lake.append("messages", pa.Table.from_pylist(MESSAGES))
    lake.append("answers", pa.Table.from_pylist(ANSWERS))
    lake.replace_day(DAY, traits())
    return lake


def saved() -> dict[str, Expression]:
    return {name: parse(text, WORDS) for name, text in generation.SEGMENTS.items()}


def rows(engine: Any, sql: str, **given: pa.Table) -> list[dict[str, Any]]:
    return sorted(
        engine.query(sql, DAY, **given).to_pylist(), key=lambda row: row.get("candidate_id", row["customer_id"])
    )


def figures(table: pa.Table) -> list[list[int]]:
    """The rows as whole numbers, −1 for unknown: one engine counts in a wider type than the other."""
    return sorted([-1 if cell is None else int(cell) for cell in row.values()] for row in table.to_pylist())


def test_everyone_is_in_the_same_segments_on_both_engines(lake: Any) -> None:
    from cordiale.lake.spark import SparkEngine

    plan = to_sql([parse(text, WORDS) for text in TEXTS], NOW, saved(), without_merged=True)
    given = relations() | {"merged": pa.table({"customer_id": pa.array([6], pa.int64())})}
    ours = rows(lake, plan.sql, **given)
    assert rows(SparkEngine(lake), plan.sql, **given) == ours
    assert [one["customer_id"] for one in ours] == [1, 2, 3, 4, 5]


def test_counts_combinations_and_samples_are_the_same_on_both_engines(lake: Any) -> None:
    from cordiale.lake.spark import SparkEngine

    texts = ["orders_n > 0", "taste = 'wine'", "not orders_n > 0", "sample(0.5, 'x')"]
    plan = to_sql([parse(text, WORDS) for text in texts], NOW)
    for sql in (plan.counting_with(4), plan.combining, plan.sampling(2)):
        here, there = (figures(engine.query(sql, DAY)) for engine in (lake, SparkEngine(lake)))
        assert here == there


def test_candidates_hold_the_same_on_both_engines(lake: Any) -> None:
    from cordiale.lake.spark import SparkEngine

    text = (
        "sequence(orders(), orders(), since => entry) or orders(since => entry) >= 1 or days_since(entry) > 30"
        " or seen_at > entry - '1 day' or taste = 'wine'"
    )
    plan = to_sql([parse(text, WORDS, in_scenario=True)], NOW, over_candidates=True)
    who = pa.table({
        "candidate_id": pa.array([11, 12, 13, 14], pa.int64()), "customer_id": pa.array([1, 1, 3, 5], pa.int64()),
        "entry": pa.array([row["ts"] for row in ORDERS[:4]], pa.timestamp("us", tz="UTC")),
    })  # fmt: skip
    assert rows(SparkEngine(lake), plan.sql, candidates=who) == rows(lake, plan.sql, candidates=who)
