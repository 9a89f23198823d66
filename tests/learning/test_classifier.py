from __future__ import annotations

import numpy as np
import pyarrow as pa
import pytest

from cordiale.errors import CordialeError
from cordiale.learning import Classifier, evaluate, fit_classifier, load
from cordiale.learning.classifier import sigmoid
from tests.learning.cast import AS_OF, customers


@pytest.fixture(scope="module", params=[1_500, 5_200], ids=["small", "large"])
def fitted(request: pytest.FixtureRequest) -> tuple[Classifier, pa.Table, np.ndarray]:
    table, bought = customers(request.param)
    return fit_classifier(table, bought, as_of=AS_OF), table, bought


def test_probabilities_of_strangers_are_right_on_average(fitted):
    model, _, _ = fitted
    others, bought = customers(4_000, seed=2)
    found = evaluate(model.predict(others, as_of=AS_OF), bought, others["spend"].to_numpy(), resamples=20)
    assert 0.93 < found.mean_ratio[0] < 1.07
    assert found.brier.ratio < 1 < found.auc.ratio
    assert all(one.low - 0.04 < one.predicted < one.high + 0.04 for one in found.reliability)


def test_small_data_is_learned_by_the_logit_and_larger_by_what_held_out_rows_prefer(fitted):
    model, table, _ = fitted
    assert (model.facts["method"] == "logit") or table.num_rows >= 5_000
    assert model.facts["losses"][model.facts["method"]] == min(model.facts["losses"].values())


def test_drivers_add_up_to_the_log_odds(fitted):
    model, table, _ = fitted
    base, moved = model.contributions(table, as_of=AS_OF)
    np.testing.assert_allclose(sigmoid(base + moved.sum(axis=1)), model.predict(table, as_of=AS_OF), rtol=1e-10)
    every = model.drivers(table, top=99, as_of=AS_OF)
    np.testing.assert_allclose(every.base + every.effect.sum(axis=1), base + moved.sum(axis=1), rtol=1e-9)
    assert (np.diff(np.abs(every.effect), axis=1) <= 0).all()


def test_a_driver_says_which_way_it_moves(fitted):
    model, table, _ = fitted
    spend = table["spend"].to_numpy()
    _, moved = model.contributions(table, as_of=AS_OF)
    place = model.encoding.names().index("spend")
    assert moved[spend.argmax(), place] > 0 > moved[spend.argmin(), place]
    assert ("spend", pytest.approx(moved[spend.argmax(), place])) in model.drivers(table, as_of=AS_OF).of(
        spend.argmax()
    )


def test_what_matters_leads_importance(fitted):
    model, _, _ = fitted
    assert next(iter(model.importance())) == "spend"
    assert sum(model.importance().values()) == pytest.approx(1)


def test_a_stored_model_predicts_the_same(fitted):
    model, table, _ = fitted
    again = load(model.dump())
    np.testing.assert_array_equal(again.predict(table, as_of=AS_OF), model.predict(table, as_of=AS_OF))
    assert again.importance() == model.importance()
    assert again.dump() == model.dump()


@pytest.mark.parametrize("rows", [900, 5_200])
def test_the_order_of_rows_changes_nothing(rows):
    table, bought = customers(rows)
    order = np.random.default_rng(3).permutation(rows)
    model = fit_classifier(table, bought, as_of=AS_OF)
    shuffled = fit_classifier(table.take(order), bought[order], as_of=AS_OF)
    assert shuffled.dump() == model.dump()


def test_with_several_days_the_order_of_rows_changes_nothing_either():
    table, bought = customers(900)
    groups, days = np.arange(900) // 3, np.arange(900) % 3
    order = np.random.default_rng(3).permutation(900)
    model = fit_classifier(table, bought, as_of=AS_OF, groups=groups, days=days, current=table)
    shuffled = fit_classifier(
        table.take(order), bought[order], as_of=AS_OF, groups=groups[order], days=days[order], current=table
    )
    assert shuffled.dump() == model.dump()


@pytest.mark.parametrize("answer", [True, False])
def test_one_answer_only_is_refused_with_what_to_do(answer):
    table, _ = customers(100)
    with pytest.raises(CordialeError, match="longer period, more customers or a less rare outcome"):
        fit_classifier(table, np.full(100, answer), as_of=AS_OF)


def test_labels_of_another_length_are_refused():
    table, bought = customers(100)
    with pytest.raises(CordialeError, match="100 rows of features"):
        fit_classifier(table, bought[:50], as_of=AS_OF)


def test_a_perfect_feature_gives_no_infinite_odds():
    table, bought = customers(200)
    known = table.append_column("told", pa.array(bought))
    chance = fit_classifier(known, bought, as_of=AS_OF).predict(known, as_of=AS_OF)
    assert ((chance > 0) & (chance < 1)).all()
    assert chance[bought].min() > chance[~bought].max()


def test_features_without_a_bearing_give_everyone_about_the_share():
    draw = np.random.default_rng(5)
    table, label = pa.table({"noise": draw.normal(size=2_000)}), draw.random(2_000) < 0.3
    chance = fit_classifier(table, label).predict(table)
    assert np.abs(chance - label.mean()).max() < 0.1


@pytest.mark.parametrize("stored", [b"", b"PK nonsense", b"\x80\x04pickle"])
def test_what_is_no_stored_model_is_refused(stored):
    with pytest.raises(CordialeError, match="fit it again"):
        load(stored)


def test_a_stored_model_cut_short_is_refused(fitted):
    with pytest.raises(CordialeError, match="fit it again"):
        load(fitted[0].dump()[:-200])


def test_learnt_anew_like_an_earlier_model_it_keeps_its_settings_and_line_and_is_as_right(fitted):
    model, _, _ = fitted
    more, did = customers(model.facts["rows"] + 500, seed=4)
    again = fit_classifier(more, did, as_of=AS_OF, like=model)
    assert [again.facts[name] for name in ("method", "rounds", "strength")] == [
        model.facts[name] for name in ("method", "rounds", "strength")
    ]
    assert (again.slope, again.offset) == (model.slope, model.offset)
    others, bought = customers(4_000, seed=2)
    found = evaluate(again.predict(others, as_of=AS_OF), bought, model.predict(others, as_of=AS_OF), resamples=5)
    assert 0.9 < found.mean_ratio[0] < 1.1
    assert found.auc.ratio > 0.99
