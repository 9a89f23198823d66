"""The level of forecasts, set by the past: on CDNOW, and where it says nothing."""

from __future__ import annotations

from datetime import timedelta

import numpy as np
import pytest

from cordiale.btyd import fit, held_back, level, summarise
from cordiale.btyd.summary import Summary
from cordiale.errors import CordialeError

from . import cdnow

KNOWN, AHEAD = 272, 273


def base(days: int) -> Summary:
    known = cdnow.known(cdnow.CALIBRATED_UNTIL - timedelta(days=days))
    return summarise(known.x, known.t_x, known.T)


def own_level(model: str) -> float | None:
    after = round(held_back(KNOWN, AHEAD))
    return level(base(after), base(0), after, model)


def test_cdnow_with_its_level_is_foretold_within_a_tenth_and_as_near_as_before() -> None:
    past, later = cdnow.known(cdnow.CALIBRATED_UNTIL), cdnow.known(cdnow.KNOWN_UNTIL)
    told = fit(base(0)).expected(AHEAD, past.x, past.t_x, past.T) * (own_level("bg/nbd") or 0)
    came, own_rate = later.x - past.x, past.x / past.T * AHEAD

    assert told.mean() / came.mean() == pytest.approx(0.965, abs=5e-3)
    assert np.abs(told - came).mean() <= 0.80 * np.abs(own_rate - came).mean()


def test_a_level_too_far_from_one_is_none() -> None:
    assert own_level("nbd") is None  # nobody ever leaves it: it foretells far too much


def test_the_past_is_cut_in_the_proportion_of_what_is_asked() -> None:
    after = held_back(300, 100)
    assert after / (300 - after) == pytest.approx(100 / 300)


def test_other_customers_later_are_refused() -> None:
    with pytest.raises(CordialeError, match="same customers"):
        level(base(0), base(0).sample(100), 30)
    with pytest.raises(CordialeError, match="longer than nothing"):
        held_back(0, 30)


def test_a_base_in_which_nobody_bought_again_has_no_level() -> None:
    once = summarise(np.zeros(50, int), np.zeros(50), np.full(50, 100.0))
    assert level(once, summarise(np.zeros(50, int), np.zeros(50), np.full(50, 130.0)), 30) is None
