"""The one door to the time of day.

Domain code takes `now` as an argument; only entry points (a page, a command without `--now`, the worker) ask here.
All instants are aware; naive ones are refused so that a zone can never be guessed wrong.
"""

from __future__ import annotations

from datetime import UTC, date, datetime, time
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from cordiale.errors import CordialeError


class NaiveInstant(CordialeError):
    """An instant without a zone was given; write it with an offset, e.g. 2026-11-22T09:00:00+01:00."""


def now() -> datetime:
    """The present instant, in UTC."""
    return datetime.now(UTC)


def require_aware(instant: datetime) -> datetime:
    """Return `instant` in UTC; raise NaiveInstant when it has no zone."""
    if instant.tzinfo is None or instant.utcoffset() is None:
        raise NaiveInstant(f"{instant.isoformat()} has no zone; add an offset, e.g. {instant.isoformat()}+01:00")
    try:
        return instant.astimezone(UTC)
    except OverflowError as error:
        raise CordialeError(f"{instant.isoformat()} is out of reach; give an instant of this age") from error


def parse_instant(text: str) -> datetime:
    """Read an ISO 8601 instant with an offset (`2026-11-22T09:00:00+01:00`, `…Z`). Raises CordialeError otherwise."""
    try:
        instant = datetime.fromisoformat(text)
    except ValueError as error:
        raise CordialeError(
            f"'{text}' is not an ISO 8601 instant; write for instance 2026-11-22T09:00:00+01:00"
        ) from error
    return require_aware(instant)


def zone(name: str) -> ZoneInfo:
    """The zone called `name` (IANA). Raises CordialeError for an unknown one: a bad zone must never be silent."""
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError) as error:
        raise CordialeError(f"'{name}' is not a time zone; use an IANA name such as Europe/Paris") from error


def local_day(instant: datetime, zone_name: str) -> date:
    """The calendar day of `instant` where the clock on the wall is `zone_name`'s."""
    return require_aware(instant).astimezone(zone(zone_name)).date()


def start_of_day(day: date, zone_name: str) -> datetime:
    """Midnight opening `day` in `zone_name`, in UTC. Raises CordialeError for the first and last days there are."""
    try:
        return datetime.combine(day, time(), zone(zone_name)).astimezone(UTC)
    except OverflowError as error:
        raise CordialeError(f"{day} is out of reach; give a day of this age") from error
