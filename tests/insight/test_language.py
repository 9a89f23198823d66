"""What a trait may say besides what ours say, against the same in plain Python; the order of rows counts nowhere."""

from __future__ import annotations

import random
from datetime import UTC, datetime, timedelta
from decimal import ROUND_HALF_UP, Decimal
from typing import Any
from zoneinfo import ZoneInfo

import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cordiale.insight import computing, definitions
from cordiale.insight.rules import compilation, distributions, rfm
from cordiale.insight.rules.compilation import Moment
from cordiale.insight.rules.traits import Trait
from cordiale.lake import outside
from cordiale.lake.tables import FACTS

from .conftest import written
from .test_traits import random_facts

NOW = datetime(2026, 11, 16, 9, 0, tzinfo=UTC)
PARIS = ZoneInfo("Europe/Paris")
OURS = (definitions.DATA / "traits.yaml").read_text()
LIFECYCLE = (definitions.DATA / "lifecycle.yaml").read_text()
Rows = dict[str, list[dict[str, Any]]]

NEW = {
    "average_line": written("average_line", type="money", where="amount >= 0", value="average(amount)"),
    "average_units": written("average_units", type="number", value="average(quantity)", where=""),
    "satisfaction": written("satisfaction", "answers", type="number", where="kind = 'csat'", value="average(value)"),
    "nps": written("nps", "answers", type="number", where="kind = 'nps'", window=365, value="latest(value)"),
    "nps_first": written("nps_first", "answers", type="number", where="kind = 'nps'", window=365, value="first(value)"),
    "last_said": written("last_said", "answers", type="text", where="survey LIKE 'after%'", value="latest(text)"),
    "first_category": written("first_category", type="text", window=365, where="", value="first(category, amount)"),
    "evening_lines": written("evening_lines", where="hour_of(ts) >= 18 AND weekday_of(ts) < 6", value="count()"),
    "extremes": written("extremes", "derived", type="money",
                        value="greatest(spend_30d, abs(spend_90d)) - least(spend_30d, spend_90d)"),
    "constant": written("constant", "derived", value="1 + 2"),
}  # fmt: skip


def declared() -> list[Trait]:
    texts = [definitions.Document(text=OURS, source="traits.yaml")]
    texts += [definitions.Document(text=text, source=name, origin="page") for name, text in NEW.items()]
    return list(definitions.assembled(texts, LIFECYCLE).traits)


def facts(seed: int, customers: int) -> Rows:
    found, draw = random_facts(seed, NOW, customers), random.Random(seed)
    found["answers"] = [
        {"customer_id": customer, "ts": NOW - timedelta(days=draw.choice((1, 20, 200, 400)), hours=draw.randint(-1, 1)),
         "answer_id": f"{customer}-{number}", "survey": draw.choice(("after order", "yearly")), "question": "q",
         "kind": draw.choice(("nps", "csat", "text")), "value": draw.choice((None, 0.0, 3.5, 7.25, 10.0)),
         "text": draw.choice((None, "good", "late"))}
        for customer in range(1, customers + 1) for number in range(draw.randint(0, 6))
    ]  # fmt: skip
    return found


def tables(rows: Rows) -> dict[str, pa.Table]:
    usual = {"product_id": "p", "department": "food", "brand": "b", "channel": "store"}
    lines = [{**usual, **row} for row in rows["order_lines"]]
    return {name: pa.Table.from_pylist(lines if name == "order_lines" else rows[name], schema=table.columns)
            for name, table in FACTS.items()}  # fmt: skip


def computed(traits: list[Trait], rows: Rows, customers: int) -> pa.Table:
    everyone = pa.table({"customer_id": pa.array(range(1, customers + 1), pa.int64())})
    sql = compilation.statement(traits, Moment(NOW, PARIS))
    return computing.typed(outside.query_tables(sql, customers=everyone, **tables(rows))).sort_by("customer_id")


@pytest.mark.parametrize("seed", [1, 2])
def test_every_new_construct_equals_the_reference(seed: int) -> None:
    rows = facts(seed, 60)

    for found in computed(declared(), rows, 60).to_pylist():
        mine = {name: [row for row in all_rows if row["customer_id"] == found["customer_id"] and row["ts"] < NOW]
                for name, all_rows in rows.items()}  # fmt: skip
        expected = reference(mine["order_lines"], mine["answers"])
        expected["extremes"] = max(found["spend_30d"], abs(found["spend_90d"])) - min(
            found["spend_30d"], found["spend_90d"]
        )
        assert {name: found[name] for name in NEW} == expected


def reference(lines: list[dict[str, Any]], answers: list[dict[str, Any]]) -> dict[str, Any]:
    def within(rows: list[dict[str, Any]], days: int) -> list[dict[str, Any]]:
        return [row for row in rows if row["ts"] >= NOW - timedelta(days=days)]

    month, year = within(lines, 30), within(lines, 365)
    paid = [row["amount"] for row in month if row["amount"] >= 0]
    units = [row["quantity"] for row in month]
    happy = [row["value"] for row in within(answers, 30) if row["kind"] == "csat" and row["value"] is not None]
    nps = [
        (row["ts"], row["value"]) for row in within(answers, 365) if row["kind"] == "nps" and row["value"] is not None
    ]
    said = [(row["ts"], row["text"]) for row in within(answers, 30) if row["survey"] == "after order" and row["text"]]
    local = [row["ts"].astimezone(PARIS) for row in month]
    return {
        "average_line": (sum(paid) / len(paid)).quantize(Decimal("0.01"), ROUND_HALF_UP) if paid else None,
        "average_units": sum(units) / len(units) if units else None,
        "satisfaction": sum(happy) * 10000 / (10000 * len(happy)) if happy else None,
        "nps": max(nps)[1] if nps else None,
        "nps_first": min(nps, key=lambda one: (one[0], -one[1]))[1] if nps else None,
        "last_said": max(said)[1] if said else None,
        "first_category": first_bought(year),
        "evening_lines": len([at for at in local if at.hour >= 18 and at.isoweekday() < 6]),
        "constant": 3,
    }


def first_bought(lines: list[dict[str, Any]]) -> str | None:
    names = {row["category"] for row in lines} - {None}

    def earliest(name: str) -> tuple[Any, ...]:
        mine = [row for row in lines if row["category"] == name]
        return (-min(row["ts"] for row in mine).timestamp(), sum(row["amount"] for row in mine), name)

    return max(names, key=earliest, default=None)


BASE = facts(5, 25)


@given(st.randoms(use_true_random=False))
@settings(max_examples=15, deadline=None)
def test_permuting_the_facts_changes_nothing(draw: random.Random) -> None:
    shuffled = {name: draw.sample(rows, len(rows)) for name, rows in BASE.items()}

    before, after = (scored(computed(declared(), rows, 25)) for rows in (BASE, shuffled))

    assert after.equals(before)


def scored(rows: pa.Table) -> pa.Table:
    """RFM scores, as a snapshot gives them, beside the traits they come from."""
    for score, (trait, better) in rfm.MEASURES.items():
        known = [None if value is None else float(value) for value in rows[trait].to_pylist()]
        scale = rfm.scale([value for value in known if value is not None], more_is_better=better)
        rows = rows.append_column(score, pa.array([None if value is None else scale.score(value) for value in known]))
    return rows


def test_a_pattern_with_a_backslash_is_refused() -> None:
    with pytest.raises(definitions.Located, match="LIKE takes a text without"):
        definitions.assembled(
            [definitions.Document(text=OURS, source="traits.yaml"),
             definitions.Document(text=written(where="category LIKE 'a\\%'"), source="new", origin="page")], LIFECYCLE
        )  # fmt: skip


@given(st.lists(st.none() | st.integers(-5, 40), max_size=80))
def test_a_distribution_counts_everybody_once(values: list[int | None]) -> None:
    found = distributions.describe(pa.chunked_array([pa.array(values, pa.int64())]), "integer")
    known = sorted(value for value in values if value is not None)

    assert (found.customers, found.known, found.distinct) == (len(values), len(known), len(set(known)))
    assert sum(one.customers for one in found.bins) == len(known)
    if known:
        assert (found.quantiles[0], found.quantiles[-1]) == (known[0], known[-1])
        assert found.quantiles[3] == known[(len(known) - 1) // 2]


def test_the_commonest_texts_come_first_and_equals_by_name() -> None:
    found = distributions.describe(pa.chunked_array([pa.array(["b", "a", "c", "c", None])]), "text")

    assert found.top == (("c", 2), ("a", 1), ("b", 1))
    assert found.share_known == 0.8
