"""Durations and moments as they are written: '90 days', '2026-01-31', '2026-01-31T10:00:00+01:00', now, entry."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Literal

from cordiale import clock

_DURATION = re.compile(r"\s*(\d{1,6})\s+(minute|hour|day|week)s?\s*", re.IGNORECASE)
_DAY = re.compile(r"\d{4}-\d{2}-\d{2}")
_SECONDS = {"minute": 60, "hour": 3_600, "day": 86_400, "week": 604_800}
MAX_SECONDS = 200 * 366 * 86_400


@dataclass(frozen=True, slots=True)
class Moment:
    """A moment that is the same for everyone (`now`, a fixed one) or for an enrolment (`entry`), moved by `seconds`."""

    base: Literal["now", "entry", "fixed"]
    seconds: int = 0
    fixed: datetime | None = None

    def at(self, now: datetime) -> datetime:
        """The instant, in UTC. Not for `entry`, which each candidate has its own of."""
        start = self.fixed if self.fixed is not None else now
        return start + timedelta(seconds=self.seconds)


def seconds_of(text: str) -> int | None:
    """The length of a duration ('90 days'; a day is 24 hours), or None where `text` is none."""
    found = _DURATION.fullmatch(text)
    if not found:
        return None
    seconds = int(found[1]) * _SECONDS[found[2].lower()]
    return seconds if seconds <= MAX_SECONDS else None


def day_of(text: str) -> date | None:
    """The day written 'YYYY-MM-DD', or None."""
    if not _DAY.fullmatch(text):
        return None
    try:
        return date.fromisoformat(text)
    except ValueError:
        return None


def instant_of(text: str, zone: str) -> datetime | None:
    """The instant written in ISO 8601 with an offset, or midnight in `zone` of the day written, or None."""
    day = day_of(text)
    try:
        if day is not None:
            return clock.start_of_day(day, zone) if 1000 < day.year < 9000 else None
        instant = clock.require_aware(datetime.fromisoformat(text))
    except (ValueError, OverflowError, clock.NaiveInstant):
        return None
    return instant if 1000 < instant.year < 9000 else None
