from __future__ import annotations

import json

import numpy as np
import pyarrow as pa
import pytest

from cordiale.errors import CordialeError
from cordiale.learning import Reference, drift, reference, unsteady
from tests.learning.cast import AS_OF, customers


def test_the_same_customers_have_not_drifted():
    table, _ = customers(1_000)
    assert max(drift(reference(table, AS_OF), table, AS_OF).values()) == 0


def test_what_moved_leads_and_is_worked_out_by_hand():
    before = pa.table({"city": ["Lyon"] * 50 + ["Paris"] * 50, "n": list(range(100))})
    after = pa.table({"city": ["Lyon"] * 80 + ["Paris"] * 20, "n": list(range(100))})
    found = drift(reference(before), after)
    assert list(found) == ["city", "n"]
    assert found["city"] == pytest.approx(0.3 * np.log(0.8 / 0.5) - 0.3 * np.log(0.2 / 0.5))


def test_values_that_become_unknown_are_a_drift():
    before = pa.table({"x": np.arange(100.0)})
    after = pa.table({"x": pa.array([None] * 40 + list(range(60)), pa.float64())})
    assert drift(reference(before), after)["x"] > 0.25


def test_a_reference_is_small_json_without_anybodys_row():
    table, _ = customers(5_000)
    known = reference(table, AS_OF)
    stored = json.dumps(known.as_json())
    assert len(stored) < 3_000
    assert Reference.from_json(json.loads(stored)) == known


def test_a_missing_feature_and_nobody_are_refused():
    table, _ = customers(100)
    with pytest.raises(CordialeError, match="lack spend"):
        drift(reference(table, AS_OF), table.drop_columns(["spend"]), AS_OF)
    with pytest.raises(CordialeError, match="no customer"):
        reference(table.slice(0, 0), AS_OF)


def test_figures_that_only_grow_are_unsteady_sooner_than_those_that_come_and_go():
    draw = np.random.default_rng(1)
    recent = [draw.poisson(5, 2_000) for _ in range(4)]
    total = np.cumsum([draw.poisson(50, 2_000) + 5, *recent[1:]], axis=0)
    rows = pa.table({"recent": np.concatenate(recent[:3]), "total": np.concatenate(total[:3])})
    now = pa.table({"recent": draw.poisson(5.4, 2_000), "total": total[3]})
    groups, days = np.tile(np.arange(2_000), 3), np.repeat([1, 2, 3], 2_000)
    assert drift(reference(rows), now)["recent"] > 0.02
    assert unsteady(rows, now, groups=groups, days=days) == ["total"]
