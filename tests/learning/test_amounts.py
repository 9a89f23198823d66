from __future__ import annotations

import numpy as np
import pytest

from cordiale.errors import CordialeError
from cordiale.learning import Regressor, evaluate_amounts, fit_regressor, load
from tests.learning.cast import AS_OF, amounts


@pytest.fixture(scope="module")
def fitted() -> Regressor:
    return fit_regressor(*amounts(2_000), as_of=AS_OF)


def test_amounts_of_strangers_sum_up_and_come_nearer_than_the_mean(fitted):
    others, spent = amounts(3_000, seed=2)
    found = evaluate_amounts(fitted.predict(others, as_of=AS_OF), spent, np.full(3_000, spent.mean()), resamples=20)
    assert 0.9 < found.mean_ratio[0] < 1.1
    assert found.mae.high < 1


def test_drivers_add_up_to_the_amount(fitted):
    table, _ = amounts(500)
    base, moved = fitted.contributions(table, as_of=AS_OF)
    np.testing.assert_allclose(
        np.maximum(0, base + moved.sum(axis=1)), fitted.predict(table, as_of=AS_OF), rtol=1e-9, atol=1e-9
    )
    assert next(iter(fitted.importance())) == "spend"


def test_a_stored_regression_predicts_the_same(fitted):
    table, _ = amounts(500)
    again = load(fitted.dump())
    assert isinstance(again, Regressor)
    np.testing.assert_array_equal(again.predict(table, as_of=AS_OF), fitted.predict(table, as_of=AS_OF))


def test_learnt_anew_like_an_earlier_regression_it_keeps_its_settings_and_is_as_near(fitted):
    again = fit_regressor(*amounts(2_500, seed=5), as_of=AS_OF, like=fitted)
    assert (again.facts["method"], again.facts["rounds"]) == (fitted.facts["method"], fitted.facts["rounds"])
    assert again.factor == fitted.factor
    others, spent = amounts(3_000, seed=2)
    found = evaluate_amounts(
        again.predict(others, as_of=AS_OF), spent, fitted.predict(others, as_of=AS_OF), resamples=5
    )
    assert found.mae.ratio < 1.03


def test_the_order_of_rows_changes_nothing(fitted):
    table, spent = amounts(2_000)
    order = np.random.default_rng(3).permutation(2_000)
    assert fit_regressor(table.take(order), spent[order], as_of=AS_OF).dump() == fitted.dump()


@pytest.mark.parametrize("spent", [np.zeros(200), np.full(200, np.nan)])
def test_nothing_to_learn_is_refused_with_what_to_do(spent):
    table, _ = amounts(200)
    with pytest.raises(CordialeError, match="take a longer period or more customers"):
        fit_regressor(table, spent, as_of=AS_OF)
