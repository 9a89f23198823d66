from __future__ import annotations

from datetime import UTC, datetime
from decimal import Decimal

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cordiale.errors import CordialeError
from cordiale.learning import ages, encoding, fit_classifier
from tests.learning.cast import AS_OF, customers


def test_figures_of_every_type_become_floats_and_unknown_ones_nan():
    table = pa.table(
        {
            "money": pa.array([Decimal("1.50"), None], pa.decimal128(12, 2)),
            "count": pa.array([1, None], pa.int32()),
            "is_member": pa.array([True, False]),
            "at": pa.array([AS_OF, None], pa.timestamp("us", tz="UTC")),
            "ratio": pa.array([np.inf, 2.0]),
        }
    )
    learned = encoding.learn(table, datetime(2026, 6, 3, tzinfo=UTC))
    matrix = learned.matrix(table, datetime(2026, 6, 3, tzinfo=UTC))
    np.testing.assert_array_equal(matrix, [[1.5, 1, 1, 2.0, np.nan], [np.nan, np.nan, 0, np.nan, 2.0]])


def test_rare_categories_have_no_column_of_their_own():
    table = pa.table({"city": ["Lyon"] * 60 + ["Paris"] * 30 + ["Tulle"] * 3 + [None] * 7})
    (feature,) = encoding.learn(table).features
    assert feature.values == ("Lyon", "Paris")
    assert encoding.learn(table).matrix(table)[-1].tolist() == [0, 0]


def test_constant_and_unknown_columns_are_left_out():
    table, _ = customers(100)
    table = table.append_column("one", pa.array([1] * 100)).append_column("none", pa.nulls(100))
    table = table.append_column("unknown", pa.nulls(100, pa.float64()))
    table = table.append_column("same", pa.array(["a"] * 100)).append_column("id", pa.array(map(str, range(100))))
    names = encoding.learn(table, AS_OF).names()
    assert names == ("spend", "visits", "category", "seen_at", "is_member")


def test_nothing_that_tells_customers_apart_is_refused():
    with pytest.raises(CordialeError, match="take a day with more history"):
        encoding.learn(pa.table({"one": [1] * 50, "none": pa.nulls(50)}))


def test_a_missing_column_is_named():
    table, bought = customers(400)
    model = fit_classifier(table, bought, as_of=AS_OF)
    with pytest.raises(CordialeError, match="lack visits"):
        model.predict(table.drop_columns(["visits"]), as_of=AS_OF)


def test_a_column_that_is_gone_or_of_another_kind_can_be_taken_as_unknown():
    table, bought = customers(400)
    model = fit_classifier(table, bought, as_of=AS_OF)
    unknown = table.set_column(0, "spend", pa.nulls(400, pa.float64()))
    changed = table.drop_columns(["spend"]).append_column("spend", pa.array(["much"] * 400))
    for lacking in (table.drop_columns(["spend"]), changed):
        assert model.encoding.lacking(lacking) == ("spend",)
        known = model.encoding.completed(lacking)
        np.testing.assert_array_equal(model.predict(known, as_of=AS_OF), model.predict(unknown, as_of=AS_OF))
    assert model.encoding.completed(table) is table


def test_a_column_of_another_kind_is_named():
    table, _ = customers(100)
    learned = encoding.learn(table, AS_OF)
    changed = table.set_column(0, "spend", pa.array(["much"] * 100))
    with pytest.raises(CordialeError, match="spend changed"):
        learned.matrix(changed, AS_OF)


def test_an_instant_needs_the_day_its_age_counts_on():
    table, bought = customers(100)
    with pytest.raises(CordialeError, match="seen_at is an instant"):
        fit_classifier(table, bought)


def test_an_instant_without_a_zone_is_refused():
    table = pa.table({"at": pa.array([datetime(2026, 1, 1), datetime(2026, 1, 2)], pa.timestamp("us"))})  # noqa: DTZ001
    with pytest.raises(CordialeError, match="without a zone"):
        encoding.learn(table, AS_OF)


def test_ages_taken_before_and_at_the_fit_are_the_same():
    table, bought = customers(400)
    model = fit_classifier(table, bought, as_of=AS_OF)
    np.testing.assert_array_equal(model.predict(ages(table, AS_OF)), model.predict(table, as_of=AS_OF))


def test_values_never_seen_are_predicted_without_a_word():
    table, bought = customers(400)
    model = fit_classifier(table, bought, as_of=AS_OF)
    strange = pa.table(
        {
            "spend": pa.array([1e300, -5.0, None]),
            "visits": pa.array([None, None, np.inf]),
            "category": pa.array(["never", None, "wine"]),
            "seen_at": pa.array([None, AS_OF, None], pa.timestamp("us", tz="UTC")),
            "is_member": pa.array([None, True, False]),
        }
    )
    chance = model.predict(strange, as_of=AS_OF)
    assert ((chance >= 0) & (chance <= 1)).all()


figures = st.lists(st.one_of(st.none(), st.floats(width=32), st.integers(-5, 5).map(float)), min_size=50, max_size=50)


@settings(max_examples=25, deadline=None)
@given(figures, figures, st.lists(st.sampled_from(["a", "b", None]), min_size=50, max_size=50))
def test_whatever_the_features_probabilities_are_probabilities(first, second, text):
    table = pa.table({"x": pa.array(first, pa.float64()), "y": pa.array(second, pa.float64()), "t": text})
    label = np.arange(50) % 2 == 0
    try:
        model = fit_classifier(table, label)
    except CordialeError as error:
        assert "none of the 3 features" in str(error)  # noqa: PT017
        return
    chance = model.predict(table)
    base, moved = model.contributions(table)
    assert ((chance >= 0) & (chance <= 1)).all()
    np.testing.assert_allclose(1 / (1 + np.exp(-(base + moved.sum(axis=1)))), chance, rtol=1e-8)
