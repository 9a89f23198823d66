"""The notebook API: the same answers for every kind of frame, without settings, database or home."""

from __future__ import annotations

import math
import subprocess
import sys
from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from typing import Any

import numpy as np
import pandas as pd
import polars as pl
import pyarrow as pa
import pytest

import cordiale.insight as ci
from cordiale.errors import CordialeError, Located

AS_OF = datetime(2026, 11, 16, 9, tzinfo=UTC)
KINDS: dict[str, Callable[[pa.Table], Any]] = {
    "pyarrow": lambda table: table,
    "pandas": lambda table: table.to_pandas(),
    "polars": pl.from_arrow,
}


def orders(customers: int = 400) -> pa.Table:
    """Orders of a year, always the same; some customers ordered once, some often."""
    draw = np.random.default_rng(5)
    rows = []
    for customer in range(customers):
        many = int(draw.geometric(0.25))
        days = np.sort(draw.uniform(1, 400, many))
        rows += [(customer, AS_OF - timedelta(days=float(day)), round(float(draw.gamma(4) * 8), 2)) for day in days]
    customer_id, ts, amount = zip(*rows, strict=True)
    return pa.table({"customer_id": customer_id, "ts": pa.array(ts, pa.timestamp("us", "UTC")), "amount": amount})


def some(*rows: tuple[str, datetime, float, str]) -> pa.Table:
    customer_id, ts, amount, order_id = zip(*rows, strict=True)
    return pa.table({"customer_id": customer_id, "ts": ts, "amount": amount, "order_id": order_id})


def before(days: float) -> datetime:
    return AS_OF - timedelta(days=days)


def test_orders_become_histories_and_traits() -> None:
    lines = some(
        ("ann", before(100), 10.0, "1"), ("ann", before(99.8), 5.0, "2"), ("ann", before(60), 12.0, "3"),
        ("ann", before(60), 8.0, "3"), ("ann", before(10), 40.0, "4"), ("ann", before(9), -4.0, "5"),
        ("bob", before(400), 7.0, "6"), ("bob", AS_OF, 100.0, "7"),
    )  # fmt: skip
    ann, bob = ci.summarise_orders(lines, as_of=AS_OF).to_pylist()
    assert [ann[name] for name in ("x", "t_x", "T", "mean_value")] == [2, 90, 100, 30.0]
    assert [ann[name] for name in ("orders_total", "orders_90d", "spend_total", "recency_days")] == [4, 2, 71.0, 10]
    assert ann["days_between_orders"] == 30.0
    assert [bob[name] for name in ("x", "t_x", "T", "mean_value", "orders_365d", "spend_365d")] == [0, 0, 400, 0, 0, 0]
    assert bob["days_between_orders"] is None


@pytest.mark.parametrize("kind", KINDS)
def test_every_kind_of_frame_gets_the_same_answers_in_its_own_kind(kind: str) -> None:
    given = KINDS[kind](orders())
    customers = ci.summarise_orders(given, as_of=AS_OF)
    told = ci.expected_value(ci.lifecycle(ci.rfm(customers)), horizon_days=90, margin=0.3, yearly_discount=0.1)
    assert type(told) is type(given)
    as_arrow = told if kind == "pyarrow" else pa.table(told)
    plain = ci.summarise_orders(orders(), as_of=AS_OF)
    expected = ci.expected_value(ci.lifecycle(plain), horizon_days=90, margin=0.3, yearly_discount=0.1)
    assert sorted(as_arrow.column_names) == sorted(expected.column_names)
    for name in ("customer_id", "rfm", "lifecycle_stage"):
        assert as_arrow[name].to_pylist() == expected[name].to_pylist()
    for name in ("expected_value", "alive", "next_purchase_days"):
        theirs, ours = (np.array(one[name].to_pylist(), dtype=float) for one in (as_arrow, expected))
        assert np.allclose(theirs, ours, equal_nan=True)


def test_rows_and_index_stay_as_they_came() -> None:
    customers = ci.summarise_orders(orders(), as_of=AS_OF).to_pandas()
    shuffled = customers.sample(frac=1, random_state=3).set_index("customer_id")
    scored, plain = ci.rfm(shuffled), ci.rfm(customers).set_index("customer_id")
    assert list(scored.index) == list(shuffled.index)
    assert scored["rfm"].to_dict() == plain["rfm"].to_dict()
    assert set(scored["rfm_recency"]) == {1, 2, 3, 4, 5}


def test_who_never_ordered_is_a_prospect_without_scores() -> None:
    nothing = {"orders_total": [0], "orders_90d": [0], "orders_365d": [0], "spend_365d": [0.0]}
    customers = [ci.summarise_orders(orders(20), as_of=AS_OF), pa.table({"customer_id": [99], **nothing})]
    told = ci.lifecycle(pa.concat_tables(customers, promote_options="default")).to_pylist()[-1]
    assert (told["lifecycle_stage"], told["rfm"], told["rfm_recency"]) == ("prospect", None, None)


def test_stages_follow_rules_of_ones_own() -> None:
    told = {"title": "{fr: É, en: S}", "description": "{fr: É, en: S}"}
    text = "stages:\n"
    conditions = {
        "prospect": "orders_total = 0", "lost": "days_since(last_order_at) > 100", "dormant": "recency_days > 50",
        "customer": "tenure_days < 5", "ambassador": "rfm_monetary = 5", "active": "orders_90d > 2",
    }  # fmt: skip
    for stage, condition in conditions.items():
        text += (
            f"  - {{stage: {stage}, when: '{condition}', title: {told['title']}, description: {told['description']}}}\n"
        )
    text += f"  - {{stage: occasional, title: {told['title']}, description: {told['description']}}}\n"
    customers = ci.summarise_orders(orders(), as_of=AS_OF)
    stages = ci.lifecycle(customers, rules=text, as_of=AS_OF).to_pandas()
    assert ((stages["lifecycle_stage"] == "lost") == (stages["recency_days"] > 100)).all()
    with pytest.raises(CordialeError, match="as_of"):
        ci.lifecycle(customers, rules=text)
    with pytest.raises(Located):
        ci.lifecycle(customers, rules=text.replace("orders_90d", "orders_90x"))


def test_a_higher_margin_is_a_higher_value_and_the_rest_the_same() -> None:
    customers = ci.summarise_orders(orders(), as_of=AS_OF)
    whole, half = (ci.expected_value(customers, margin=margin).to_pandas() for margin in (1.0, 0.5))
    assert np.allclose(half["expected_value"] * 2, whole["expected_value"])
    assert half["alive"].between(0, 1).all()
    assert (whole["expected_value"] - whole["expected_purchases"] * whole["expected_mean"]).abs().max() < 1e-6


def test_a_level_multiplies_purchases_and_value_alone() -> None:
    customers = ci.summarise_orders(orders(), as_of=AS_OF)
    plain, twice = (ci.expected_value(customers, level=level).to_pandas() for level in (1.0, 2.0))
    scaled = ["expected_purchases", "expected_value"]
    assert np.allclose(twice[scaled], 2 * plain[scaled])
    assert twice.drop(columns=scaled).equals(plain.drop(columns=scaled))


@pytest.mark.parametrize("kind", KINDS)
def test_the_level_is_what_came_over_what_was_foretold_before(kind: str) -> None:
    base = orders()
    whole = ci.summarise_orders(base, as_of=AS_OF).to_pandas()
    after = round(whole["T"].max() * 200 / (whole["T"].max() + 200))
    then = ci.summarise_orders(base, as_of=before(after)).to_pandas()
    foretold = ci.expected_value(then, horizon_days=after)["expected_purchases"].sum()
    came = whole[whole["customer_id"].isin(then["customer_id"])]["x"].sum() - then["x"].sum()

    assert ci.level(KINDS[kind](base), as_of=AS_OF, horizon_days=200) == pytest.approx(came / foretold)


def test_a_past_that_tells_nothing_leaves_the_level_alone() -> None:
    rows = some(("a", before(1), 5.0, "1"), ("b", before(0.5), 5.0, "2"))
    assert ci.level(rows, as_of=AS_OF) == 1.0
    assert ci.level(rows.slice(0, 0), as_of=AS_OF) == 1.0


def test_dates_are_instants_that_begin_in_utc() -> None:
    days = pa.table({"customer_id": [1, 1], "ts": [date(2026, 11, 1), date(2026, 11, 6)], "amount": [5, 6]})
    (told,) = ci.summarise_orders(days, as_of=AS_OF).to_pylist()
    assert (told["x"], told["t_x"], told["T"], told["first_order_at"]) == (1, 5, 15, datetime(2026, 11, 1, tzinfo=UTC))


def measured(**changed: pa.Array) -> pa.Table:
    one = {name: pa.array([1]) for name in ("recency_days", "orders_365d", "spend_365d", "orders_total")}
    return pa.table(one | changed)


@pytest.mark.parametrize(
    ("call", "said"),
    [
        (lambda: ci.rfm(pd.DataFrame({"recency_days": [1]})), "lacks orders_total, orders_365d, spend_365d"),
        (lambda: ci.rfm({"recency_days": [1]}), "speaks Arrow"),
        (lambda: ci.summarise_orders(orders().drop_columns("amount"), as_of=AS_OF), "lacks amount"),
        (lambda: ci.summarise_orders(orders(), as_of=AS_OF.replace(tzinfo=None)), "no zone"),
        (lambda: ci.summarise_orders(orders().to_pandas().assign(ts=datetime(2026, 1, 1)), as_of=AS_OF), "no zone"),  # noqa: DTZ001
        (lambda: ci.summarise_orders(orders().to_pandas().assign(ts="today"), as_of=AS_OF), "instants with a zone"),
        (
            lambda: ci.summarise_orders(orders().to_pandas().assign(customer_id=None), as_of=AS_OF),
            "filled in every row",
        ),
        (lambda: ci.summarise_orders(orders().to_pandas().assign(amount="5"), as_of=AS_OF), "amount must hold numbers"),
        (lambda: ci.summarise_orders(orders(), as_of=AS_OF.date()), "as_of must be an instant"),
        (lambda: ci.rfm(ci.summarise_orders(orders(), as_of=AS_OF).to_pandas().assign(recency_days="a")), "numbers"),
        (lambda: ci.rfm(pd.DataFrame([[1, 2]], columns=["a", "a"])), "cannot be read as Arrow"),
        (lambda: ci.expected_value(pa.table({"x": [0], "t_x": [0], "T": [9], "mean_value": [0.0]})), "nobody"),
        (lambda: ci.expected_value(pa.table({"x": ["a"], "t_x": [0], "T": [9], "mean_value": [0.0]})), "x must hold"),
        (lambda: ci.expected_value(pa.table({"x": [0], "t_x": [0], "T": [9], "mean_value": [math.inf]})), "finite"),
        (lambda: ci.expected_value(pa.table({}), margin=30), "margin must be a number from 0 to 1"),
        (lambda: ci.expected_value(pa.table({}), yearly_discount=math.nan), "yearly_discount must be"),
        (lambda: ci.expected_value(pa.table({}), horizon_days="365"), "horizon_days must be"),  # type: ignore[arg-type]
        (lambda: ci.lifecycle(pa.table({}), rules=3), "text of a lifecycle.yaml"),  # type: ignore[arg-type]
        (lambda: ci.rfm(measured(spend_365d=pa.array([math.inf]))), "spend_365d holds NaN"),
        (lambda: ci.rfm(measured(spend_365d=pa.array([5], pa.decimal256(60, 2)))), "spend_365d must hold numbers"),
    ],
)
def test_what_cannot_be_answered_is_said(call: Callable[[], object], said: str) -> None:
    with pytest.raises(CordialeError, match=said):
        call()


def test_it_needs_neither_settings_nor_pandas_nor_a_home() -> None:
    code = """
import sys
class Absent:
    def find_spec(self, name, *_):
        if name in ("pandas", "polars"):
            raise ModuleNotFoundError(name)
sys.meta_path.insert(0, Absent())
import pyarrow as pa, cordiale.insight as ci
assert "cordiale.insight.frames" not in sys.modules
told = ci.rfm(pa.table({"recency_days": [1], "orders_365d": [2], "spend_365d": [3.0], "orders_total": [4]}))
assert told["rfm"].to_pylist() == ["333"]
assert not {"django", "scipy", "sklearn"} & set(sys.modules)
"""
    done = subprocess.run([sys.executable, "-c", code], env={}, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
