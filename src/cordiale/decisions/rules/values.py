"""Durations, percents, amounts and times of day as people write them."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import time, timedelta
from decimal import Decimal

from cordiale.errors import CordialeError

_UNITS = {
    "minute": timedelta(minutes=1),
    "hour": timedelta(hours=1),
    "day": timedelta(days=1),
    "week": timedelta(weeks=1),
}
_DURATION = re.compile(r"([0-9]{1,4}) ?(minute|hour|day|week)s?")
_PERCENT = re.compile(r"([0-9]{1,3}(?:\.[0-9]{1,3})?) ?%")
_AMOUNT = re.compile(r"([0-9]{1,9}(?:\.[0-9]{1,2})?) ?([A-Z]{3})")
_TIME = re.compile(r"([01][0-9]|2[0-3]):([0-5][0-9])")
LONGEST = timedelta(days=3660)


@dataclass(frozen=True, kw_only=True)
class Amount:
    """Money: `currency` is an ISO 4217 code."""

    value: Decimal
    currency: str

    def __str__(self) -> str:
        return f"{self.value} {self.currency}"


def duration(text: str) -> timedelta:
    """`7 days`, `12 hours`, `3 weeks`, `30 minutes`: always an exact length of time, more than zero."""
    match = _DURATION.fullmatch(text)
    if not match:
        raise CordialeError(f"'{text}' is not a duration; write a number and minutes, hours, days or weeks: 7 days")
    length = int(match[1]) * _UNITS[match[2]]
    if not timedelta(0) < length <= LONGEST:
        raise CordialeError(f"'{text}' must be more than zero and at most {LONGEST.days} days")
    return length


def share(text: str) -> float:
    """`10 %` → 0.1."""
    match = _PERCENT.fullmatch(text)
    if not match or float(match[1]) > 100:
        raise CordialeError(f"'{text}' is not a percentage; write for instance 10 %")
    return float(match[1]) / 100


def amount(text: str) -> Amount:
    """`2000 EUR`."""
    match = _AMOUNT.fullmatch(text)
    if not match:
        raise CordialeError(f"'{text}' is not an amount; write a number and a currency: 2000 EUR")
    return Amount(value=Decimal(match[1]), currency=match[2])


def time_of_day(text: str) -> time:
    """`09:00`."""
    match = _TIME.fullmatch(text)
    if not match:
        raise CordialeError(f"'{text}' is not a time of day; write it as 09:00")
    return time(int(match[1]), int(match[2]))


def whole(text: str, *, least: int, most: int) -> int:
    """A whole number within bounds."""
    if not re.fullmatch(r"-?[0-9]{1,9}", text) or not least <= int(text) <= most:
        raise CordialeError(f"'{text}' is not a whole number from {least} to {most}")
    return int(text)


def written(length: timedelta) -> str:
    """The duration as it is written in a file: the inverse of `duration`."""
    for unit, one in reversed(_UNITS.items()):
        count, rest = divmod(length, one)
        if not rest:
            return f"{count} {unit}{'s' if count != 1 else ''}"
    raise CordialeError(f"{length} is not a whole number of minutes")
