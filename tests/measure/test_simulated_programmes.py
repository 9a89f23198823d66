"""A thousand programmes without effect, and some with one: how often is the measurement wrong?"""

from __future__ import annotations

from math import sqrt

import numpy as np
import pytest

from cordiale.measure.rules import effect

from .simulated import Panel, panel

pytestmark = pytest.mark.slow
PROGRAMMES = 1000
SAMPLING_ERROR = 3 * sqrt(0.05 * 0.95 / PROGRAMMES)


def _effect(drawn: Panel, unit: effect.Unit) -> effect.Comparison:
    return effect.compare(drawn.after, drawn.treated, drawn.covariates, unit=unit)


def _measured(seed: int, size: int, *, share: bool = False, **options: float) -> list[effect.Effect]:
    rng = np.random.default_rng(seed)
    drawn = (panel(rng, size, **options) for _ in range(PROGRAMMES))
    found = (_effect(one.bought(), effect.Unit.SHARE) if share else _effect(one, effect.Unit.MONEY) for one in drawn)
    return [one for one in found if isinstance(one, effect.Effect)]


@pytest.mark.parametrize("size", [300, 800, 2000])
@pytest.mark.parametrize("share", [False, True])
def test_programmes_without_effect_raise_a_false_alarm_about_one_time_in_twenty(size: int, share: bool) -> None:
    measured = _measured(11, size, share=share)
    alarms = np.mean([one.once.excludes_zero for one in measured])
    assert len(measured) > 900
    assert 0.025 <= alarms <= 0.05 + SAMPLING_ERROR


@pytest.mark.parametrize("share", [False, True])
def test_a_dozen_customers_held_back_raise_no_more_false_alarms(share: bool) -> None:
    alarms = np.mean([one.once.excludes_zero for one in _measured(11, 150, share=share)])
    assert alarms <= 0.05 + SAMPLING_ERROR


def test_rare_orders_raise_no_more_false_alarms() -> None:
    for share in (False, True):
        alarms = np.mean([one.once.excludes_zero for one in _measured(5, 1200, share=share, buys=0.05)])
        assert alarms <= 0.05 + SAMPLING_ERROR


def test_plain_welch_finds_effects_that_are_not_there_where_ours_does_not() -> None:
    rng, plain = np.random.default_rng(11), []
    for _ in range(PROGRAMMES):
        drawn = panel(rng, 300)
        found = effect.spread(drawn.after[drawn.treated], drawn.after[~drawn.treated], prior=0)
        plain.append(effect.welch(found).excludes_zero)
    assert np.mean(plain) > 0.05 + SAMPLING_ERROR


def test_forty_looks_at_nothing_stay_below_one_alarm_in_twenty_where_peeking_does_not() -> None:
    rng, often, once = np.random.default_rng(7), 0, 0
    for _ in range(PROGRAMMES):
        drawn = panel(rng, 1000)
        looks = [_effect(drawn.first(size), effect.Unit.MONEY) for size in range(25, 1001, 25)]
        often += any(isinstance(one, effect.Effect) and one.often.excludes_zero for one in looks)
        once += any(isinstance(one, effect.Effect) and one.once.excludes_zero for one in looks)
    assert often / PROGRAMMES <= 0.05 + SAMPLING_ERROR
    assert once / PROGRAMMES > 0.10


@pytest.mark.parametrize("lift", [0.1, 0.3, 1.0])
def test_planted_effects_lie_within_the_interval(lift: float) -> None:
    truth = lift * panel(np.random.default_rng(1), 4_000_000).after.mean()
    measured = _measured(13, 2000, lift=lift)
    assert np.mean([one.once.low <= truth <= one.once.high for one in measured]) >= 0.95 - SAMPLING_ERROR
    assert np.mean([one.often.low <= truth <= one.often.high for one in measured]) >= 0.99


def test_equal_groups_cover_a_planted_effect_at_the_nominal_rate() -> None:
    truth = 0.3 * panel(np.random.default_rng(1), 4_000_000).after.mean()
    covered = np.mean([one.once.low <= truth <= one.once.high for one in _measured(17, 1000, lift=0.3, control=0.5)])
    assert abs(covered - 0.95) <= SAMPLING_ERROR


def test_large_effects_are_found_even_by_the_interval_for_many_looks() -> None:
    measured = _measured(19, 5000, lift=1.0)
    assert np.mean([one.often.low > 0 for one in measured]) > 0.95


def test_past_behaviour_narrows_the_interval_on_average() -> None:
    reductions = [one.reduction for one in _measured(23, 2000)]
    assert min(reductions) >= 0
    assert np.mean(reductions) > 0.05
