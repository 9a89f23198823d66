from __future__ import annotations

from datetime import date, timedelta
from decimal import Decimal

from hypothesis import given
from hypothesis import strategies as st

from cordiale.quality.actions import cost_between
from cordiale.quality.models import Cost

DAYS = st.dates(date(2020, 1, 1), date(2027, 1, 1))


def monthly(since: date, until: date | None = None) -> Cost:
    return Cost(kind="host", label="server", amount=Decimal(10), is_monthly=True, since=since, until=until)


def test_a_monthly_cost_is_paid_on_its_day_of_each_month() -> None:
    cost = monthly(date(2026, 1, 15))
    assert cost_between([cost], date(2026, 1, 1), date(2026, 1, 15)) == 0
    assert cost_between([cost], date(2026, 1, 1), date(2026, 1, 16)) == 10
    assert cost_between([cost], date(2026, 1, 1), date(2026, 3, 15)) == 20
    assert cost_between([cost], date(2026, 2, 15), date(2027, 2, 15)) == 120


def test_a_cost_that_ended_is_no_longer_paid() -> None:
    cost = monthly(date(2026, 1, 1), until=date(2026, 3, 1))
    assert cost_between([cost], date(2026, 1, 1), date(2027, 1, 1)) == 20


def test_what_is_paid_once_counts_on_its_day_alone() -> None:
    cost = Cost(kind="build", label="setup", amount=Decimal(500), is_monthly=False, since=date(2026, 5, 2))
    assert cost_between([cost], date(2026, 5, 2), date(2026, 5, 3)) == 500
    assert cost_between([cost], date(2026, 5, 3), date(2027, 5, 3)) == 0


@given(DAYS, DAYS, DAYS, DAYS)
def test_periods_that_follow_each_other_add_up(since: date, one: date, two: date, three: date) -> None:
    start, middle, end = sorted((one, two, three))
    cost = monthly(since)
    assert cost_between([cost], start, middle) + cost_between([cost], middle, end) == cost_between([cost], start, end)
    assert cost_between([cost], start, start + timedelta(days=0)) == 0
