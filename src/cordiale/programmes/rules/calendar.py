"""When dates and weekdays come round, on the wall of the people concerned."""

from __future__ import annotations

from calendar import isleap
from collections.abc import Iterator
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

STALE_AFTER = timedelta(days=2)
"""A day that came round longer ago than this is missed: a wish weeks late, after a standstill, is worse than none."""


def days_at(since: datetime, until: datetime, at: time, zone: ZoneInfo) -> Iterator[date]:
    """The days on which `at` struck in `zone` after `since` and not after `until`."""
    day = since.astimezone(zone).date()
    while (struck := datetime.combine(day, at, zone).astimezone(UTC)) <= until:
        if struck > since:
            yield day
        day += timedelta(days=1)


def anniversaries_on(day: date) -> list[tuple[int, int]]:
    """The (month, day) of birth whose anniversary is `day`: in common years, 29 February is kept on the 28th."""
    same = [(day.month, day.day)]
    return [*same, (2, 29)] if (day.month, day.day) == (2, 28) and not isleap(day.year) else same
