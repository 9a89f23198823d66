from __future__ import annotations

from math import isclose, log, sqrt

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from cordiale.measure.rules import design, effect, shares

from .simulated import panel

UNIT = effect.Unit.MONEY


def _drawn(seed: int = 1, size: int = 500, **options: float):
    return panel(np.random.default_rng(seed), size, **options)


def test_without_prior_the_interval_is_the_one_scipy_gives_for_welch() -> None:
    drawn = _drawn()
    ours, theirs = drawn.after[drawn.treated], drawn.after[~drawn.treated]
    found = effect.welch(effect.spread(ours, theirs, prior=0))
    known = stats.ttest_ind(ours, theirs, equal_var=False).confidence_interval(0.95)
    assert isclose(found.low, known.low)
    assert isclose(found.high, known.high)


def test_the_variance_prior_fades_as_groups_grow() -> None:
    drawn = _drawn(size=400_000, lift=1.0)
    ours, theirs = drawn.after[drawn.treated], drawn.after[~drawn.treated]
    assert effect.spread(ours, theirs).error == pytest.approx(effect.spread(ours, theirs, prior=0).error, rel=0.02)


def test_the_always_valid_interval_has_the_published_radius() -> None:
    found = effect.Spread(difference=2.0, error=0.5, freedom=900, deviation=1)
    scaled = 8.7824 * 400 / 1000
    radius = 0.5 * sqrt((scaled + 1) / scaled * 2 * log(sqrt(scaled + 1) / 0.05))
    interval = effect.always_valid(found, 400)
    assert interval.low == pytest.approx(2 - radius, rel=1e-4)
    assert interval.high == pytest.approx(2 + radius, rel=1e-4)


def test_at_its_tuning_size_the_always_valid_interval_is_half_as_wide_again() -> None:
    found = effect.Spread(difference=0, error=1, freedom=1e9, deviation=1)
    ratio = effect.always_valid(found, effect.TUNED_FOR).high / effect.welch(found).high
    assert ratio == pytest.approx(1.55, abs=0.01)


@given(st.integers(0, 2**32 - 1), st.floats(-2, 2), st.floats(1e-6, 1e6))
def test_adjusting_never_widens_the_interval(seed: int, slope: float, scale: float) -> None:
    rng = np.random.default_rng(seed)
    treated = rng.random(200) < 0.8
    past = rng.exponential(size=(200, 2)) * scale
    outcome = slope * past[:, 0] + rng.normal(size=200)
    adjusted, reduction = effect.adjust(outcome, treated, past)
    before, after = (effect.spread(x[treated], x[~treated]).error for x in (outcome, adjusted))
    assert after <= before
    assert 0 <= reduction <= 1


def test_a_covariate_without_spread_changes_nothing() -> None:
    drawn = _drawn()
    adjusted, reduction = effect.adjust(drawn.after, drawn.treated, np.zeros((drawn.after.size, 2)))
    assert adjusted is drawn.after
    assert reduction == 0


def test_a_true_effect_does_not_leak_into_the_adjustment() -> None:
    drawn = _drawn(size=5000)
    exact = drawn.before + 10.0 * drawn.treated
    found = effect.compare(exact, drawn.treated, drawn.covariates, unit=UNIT)
    assert isinstance(found, effect.Effect)
    assert found.difference == pytest.approx(10)
    assert found.reduction > 0.999


@pytest.mark.parametrize(
    ("treated", "control", "buyers", "reason"),
    [
        (0, 30, 1.0, effect.Reason.NO_CUSTOMERS),
        (30, 0, 1.0, effect.Reason.NO_CONTROL),
        (500, 9, 1.0, effect.Reason.FEW_CUSTOMERS),
        (500, 50, 0.05, effect.Reason.FEW_EVENTS),
    ],
)
def test_too_little_gives_a_reason_and_no_number(
    treated: int, control: int, buyers: float, reason: effect.Reason
) -> None:
    flags = np.arange(treated + control) < treated
    outcome = (np.arange(treated + control) % 100 < buyers * 100) * 1.0
    found = effect.compare(outcome, flags, np.zeros((flags.size, 0)), unit=effect.Unit.SHARE)
    assert isinstance(found, effect.NotMeasurable)
    assert found.reason is reason


def test_when_everybody_ordered_the_interval_for_many_looks_does_not_claim_to_know_for_sure() -> None:
    flags = np.arange(130) < 100
    found = effect.compare(np.ones(130), flags, np.zeros((130, 0)), unit=effect.Unit.SHARE)
    assert isinstance(found, effect.Effect)
    assert found.often.low <= found.once.low < 0 < found.once.high <= found.often.high


def test_small_counts_of_yes_get_newcombe_s_interval() -> None:
    yes = np.r_[np.ones(40), np.zeros(360), np.ones(6), np.zeros(44)]
    flags = np.arange(450) < 400
    found = effect.compare(yes, flags, np.zeros((450, 0)), unit=effect.Unit.SHARE)
    assert isinstance(found, effect.Effect)
    assert found.once == shares.newcombe(40, 400, 6, 50)


def test_newcombe_gives_the_intervals_of_its_paper() -> None:
    printed = [((56, 70, 48, 80), (0.0524, 0.3339)), ((9, 10, 3, 10), (0.1705, 0.8090)), ((10, 10, 0, 10), (0.6075, 1))]
    for counts, (low, high) in printed:
        interval = shares.newcombe(*counts)
        assert interval.low == pytest.approx(low, abs=5e-5)
        assert interval.high == pytest.approx(high, abs=5e-5)


@given(st.integers(0, 500), st.integers(0, 500), st.integers(1, 500), st.integers(1, 500))
def test_share_intervals_hold_the_share_and_stay_in_bounds(yes: int, others: int, size: int, other_size: int) -> None:
    yes, others = min(yes, size), min(others, other_size)
    interval = shares.newcombe(yes, size, others, other_size)
    assert -1 - 1e-9 <= interval.low <= yes / size - others / other_size + 1e-9
    assert yes / size - others / other_size - 1e-9 <= interval.high <= 1 + 1e-9


def test_a_draw_that_is_not_the_one_asked_for_raises_the_alarm() -> None:
    assert design.balance(9000, 1000, 1000).p_value == 1
    assert not design.balance(9060, 940, 1000).is_alarming
    assert design.balance(9150, 850, 1000).is_alarming
    assert design.balance(90, 10, 10).p_value == pytest.approx(stats.chisquare([90, 10], [90, 10]).pvalue)


def test_the_detectable_effect_is_found_four_times_in_five() -> None:
    rng, treated, control = np.random.default_rng(3), 900, 100
    size = design.minimum_detectable(1.0, treated, control)
    found = rng.normal(size, sqrt(1 / treated + 1 / control), 20_000)
    assert np.mean(np.abs(found) > 1.96 * sqrt(1 / treated + 1 / control)) == pytest.approx(0.8, abs=0.01)
    assert design.minimum_detectable(1.0, 10, 0) == float("inf")
