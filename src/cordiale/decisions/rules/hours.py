"""Quiet hours on the customer's own clock."""

from __future__ import annotations

from datetime import UTC, datetime, time, timedelta
from zoneinfo import ZoneInfo

from cordiale.decisions.rules.plan import QuietHours


def is_quiet(local: time, hours: QuietHours) -> bool:
    """Is this time of day within the quiet hours? The start is, the end is not."""
    if hours.start < hours.end:
        return hours.start <= local < hours.end
    return local >= hours.start or local < hours.end


def quiet_until(now: datetime, zone: ZoneInfo, hours: QuietHours) -> datetime | None:
    """The first later instant outside the quiet hours, in UTC; None when `now` already is.

    The end is a time on the wall: in the night clocks go forward or back, the wait is an hour shorter or longer. An
    end that the clock skips counts as the instant after the gap; one that it shows twice, as the first that is later
    than `now`.
    """
    local = now.astimezone(zone)
    if not is_quiet(local.time(), hours):
        return None
    day = local.date()
    if local.time() >= hours.end:
        day += timedelta(days=1)
    ends = (datetime.combine(day, hours.end, zone).replace(fold=fold).astimezone(UTC) for fold in (0, 1))
    return min(end for end in ends if end > now and not is_quiet(end.astimezone(zone).time(), hours))
