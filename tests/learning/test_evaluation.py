from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn import metrics

from cordiale.errors import CordialeError
from cordiale.learning import evaluate, evaluate_amounts
from cordiale.learning.evaluation import reliability, wilson

TRUTH = np.array([1, 0, 1, 0, 0, 0, 1, 0])
CHANCE = np.array([0.9, 0.8, 0.7, 0.4, 0.3, 0.2, 0.2, 0.1])
FLAT = np.full(8, 0.5)


def test_measures_of_eight_rows_worked_out_by_hand():
    found = evaluate(CHANCE, TRUTH, FLAT, resamples=5)
    assert found.brier.value == pytest.approx((0.01 + 0.64 + 0.09 + 0.16 + 0.09 + 0.04 + 0.64 + 0.01) / 8)
    assert found.auc.value == pytest.approx((5 + 4 + 1.5) / 15)  # each of three above so many of the five
    assert found.average_precision.value == pytest.approx((1 / 1 + 2 / 3 + 3 / 7) / 3)
    assert found.lift_10.value == pytest.approx(8 / 3)
    assert found.auc.baseline == pytest.approx(0.5)
    assert found.mean_ratio[0] == pytest.approx(3.6 / 3)


truths = st.lists(st.booleans(), min_size=8, max_size=60).filter(lambda rows: 0 < sum(rows) < len(rows))


@settings(max_examples=60, deadline=None)
@given(truths, st.data())
def test_measures_are_those_of_scikit_learn_with_and_without_ties(truth, data):
    drawn = data.draw(st.lists(st.integers(0, 10), min_size=len(truth), max_size=len(truth)))
    chance = np.array(drawn) / 10
    found = evaluate(chance, truth, chance, resamples=2)
    assert found.auc.value == pytest.approx(metrics.roc_auc_score(truth, chance))
    assert found.average_precision.value == pytest.approx(metrics.average_precision_score(truth, chance))
    assert found.brier.value == pytest.approx(metrics.brier_score_loss(truth, chance))
    near = np.clip(chance, 1e-6, 1 - 1e-6)
    assert found.log_loss.value == pytest.approx(metrics.log_loss(truth, near))
    assert found.auc.value == 0 or found.auc.ratio == 1


def test_the_order_of_rows_changes_no_digit():
    draw = np.random.default_rng(1)
    chance = draw.random(500).round(2)
    truth = draw.random(500) < chance
    order = draw.permutation(500)
    here, there = (
        evaluate(chance[rows], truth[rows], chance[rows] ** 2 + 0.1, resamples=20) for rows in (slice(None), order)
    )
    assert here == there


def test_ties_at_the_border_of_the_top_count_in_proportion():
    truth = np.array([1, 1, 0, 0, 0, 0, 0, 0, 0, 0])
    assert evaluate(np.full(10, 0.5), truth, FLAT[:1].repeat(10), resamples=2).lift_10.value == pytest.approx(1)


def test_intervals_cover_the_truth_about_as_often_as_they_say():
    draw, covered = np.random.default_rng(4), 0
    for _ in range(60):
        chance = draw.random(300)
        low, high = evaluate(chance, draw.random(300) < chance, chance, resamples=100).mean_ratio[1:]
        covered += low <= 1 <= high
    assert covered >= 51


def test_rows_of_one_customer_are_drawn_together():
    draw = np.random.default_rng(2)
    chance, truth = draw.random(100), draw.random(100) < 0.4
    many = [np.repeat(column, 10) for column in (chance, truth)]
    alone = evaluate(*many, 1 - many[0], resamples=100)
    together = evaluate(*many, 1 - many[0], groups=np.repeat(np.arange(100), 10), resamples=100)
    width = [one.mean_ratio[2] - one.mean_ratio[1] for one in (alone, together)]
    assert width[1] > 2 * width[0]


def test_wilson_interval_of_the_textbook():
    low, high = wilson(np.array([0.1]), np.array([10]))
    assert (round(low[0], 4), round(high[0], 4)) == (0.0179, 0.4042)


def test_reliability_bins_hold_all_rows_and_keep_equal_predictions_together():
    chance = np.repeat([0.1, 0.2, 0.6], [500, 300, 200])
    bins = reliability(chance, chance > 0.5)
    assert [(one.rows, round(one.predicted, 6), one.observed) for one in bins] == [
        (500, 0.1, 0.0), (300, 0.2, 0.0), (200, 0.6, 1.0),
    ]  # fmt: skip


def test_amounts_are_judged_by_their_errors():
    found = evaluate_amounts([1, 2, 6], [2, 2, 2], [0, 0, 0], resamples=5)
    assert found.mae.value == pytest.approx(5 / 3)
    assert found.rmse.value == pytest.approx(np.sqrt(17 / 3))
    assert (found.mae.baseline, found.baseline_mean_ratio) == (2, 0)
    assert found.mean_ratio[0] == pytest.approx(9 / 6)


@pytest.mark.parametrize(
    ("chance", "truth", "rule", "said"),
    [
        ([0.5, 0.5], [1, 1], [0, 0], "take a longer period"),
        ([0.5, 1.5], [1, 0], [0, 0], "between 0 and 1"),
        ([0.5, np.nan], [1, 0], [0, 0], "unknown values"),
        ([0.5], [1, 0], [0, 0], "one value a row"),
        ([], [], [], "at least one row"),
    ],
)
def test_what_cannot_be_judged_is_refused(chance, truth, rule, said):
    with pytest.raises(CordialeError, match=said):
        evaluate(chance, truth, rule)
