"""The clock of a request (RGPD art. 12(3)): one month from receipt, two more when said within the first. Pure."""

from __future__ import annotations

import calendar
from datetime import date

MONTHS_TO_ANSWER, MONTHS_MORE = 1, 2


def months_later(day: date, months: int) -> date:
    """The same day of a later month, or that month's last day where it has no such day."""
    year, month = divmod(day.year * 12 + day.month - 1 + months, 12)
    return date(year, month + 1, min(day.day, calendar.monthrange(year, month + 1)[1]))


def due_on(received_on: date, *, is_extended: bool = False) -> date:
    """The last day to answer what was received on a day."""
    return months_later(received_on, MONTHS_TO_ANSWER + (MONTHS_MORE if is_extended else 0))
