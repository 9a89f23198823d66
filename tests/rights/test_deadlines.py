from __future__ import annotations

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cordiale.rights import deadlines

DAYS = st.dates(date(2000, 1, 1), date(2100, 1, 1))


@pytest.mark.parametrize(
    ("received", "due"),
    [
        ("2026-01-15", "2026-02-15"),
        ("2026-01-31", "2026-02-28"),
        ("2028-01-31", "2028-02-29"),
        ("2026-12-31", "2027-01-31"),
    ],
)
def test_a_month_ends_on_the_same_day_of_the_next_or_on_its_last(received: str, due: str) -> None:
    assert deadlines.due_on(date.fromisoformat(received)) == date.fromisoformat(due)


def test_an_extension_takes_two_more_months() -> None:
    assert deadlines.due_on(date(2026, 11, 30), is_extended=True) == date(2027, 2, 28)


@given(DAYS, st.integers(0, 40))
def test_later_months_never_come_earlier(day: date, months: int) -> None:
    later = deadlines.months_later(day, months)
    assert (later.year - day.year) * 12 + later.month - day.month == months
    assert later.day <= day.day
