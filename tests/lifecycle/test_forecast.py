"""The forecast from month ends: its gate, its moves, what it leaves out."""

from __future__ import annotations

from datetime import date

import numpy as np
import pytest

from cordiale.insight.rules.lifecycle import STAGES
from cordiale.lifecycle import queries
from cordiale.lifecycle.queries import forecasts

from .conftest import MONTH_ENDS, Shop, keep

pytestmark = pytest.mark.django_db


def test_below_six_month_ends_in_a_row_nothing_is_foretold(shop: Shop) -> None:
    shop.customers(1)
    shop.order(1, days_ago=300)
    for day in [*MONTH_ENDS[:2], *MONTH_ENDS[3:]]:  # May is missing
        keep(day, {1: "active"})

    found = queries.forecast()

    assert [one.day for one in found.snapshots] == MONTH_ENDS[3:]
    assert (found.path, found.months) == (None, ())
    assert date(2026, 5, 31) in queries.missing_month_ends(shop.now)


def test_the_months_foretold_follow_the_last_month_end_not_today(year: Shop) -> None:
    found = queries.forecast(months=5)

    assert [one.day for one in found.snapshots] == MONTH_ENDS
    assert found.months == (date(2026, 11, 30), date(2026, 12, 31), date(2027, 1, 31), date(2027, 2, 28),
                            date(2027, 3, 31))  # fmt: skip


def test_sizes_of_the_moves_are_those_of_the_snapshots(year: Shop) -> None:
    found = queries.forecast()

    sizes = forecasts.stage_sizes(forecasts.moves(found.snapshots))

    assert sizes.tolist() == [[one.stages[name] for name in STAGES] for one in found.snapshots]


def test_a_base_that_moves_towards_loss_is_foretold_to_lose(year: Shop) -> None:
    found = queries.forecast(months=3)

    assert found.path is not None
    assert found.path.expected.sum(axis=1) == pytest.approx(np.array([116, 118, 120]), abs=0.5)
    assert found.path.expected[:, STAGES.index("lost")] == pytest.approx(np.array([39, 43, 47]), abs=2)
    assert [one.forecasts for one in found.verdicts] == [4, 3, 2]


def test_missing_month_ends_begin_with_the_first_order_and_are_bounded(shop: Shop) -> None:
    shop.customers(1)
    assert queries.missing_month_ends(shop.now) == []
    shop.order(1, days_ago=40)
    assert queries.missing_month_ends(shop.now) == [date(2026, 10, 31)]
    shop.order(1, days_ago=3000)

    missing = queries.missing_month_ends(shop.now)

    assert len(missing) == forecasts.MOST_MISSING
    assert missing[-1] == date(2026, 10, 31)


def test_the_current_month_is_no_month_end_until_its_last_day(year: Shop) -> None:
    keep(date(2026, 11, 16), {1: "active"})

    assert queries.month_ends()[-1].day == date(2026, 10, 31)
