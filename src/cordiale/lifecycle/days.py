"""Which two days flows are shown between when nobody said."""

from __future__ import annotations

from datetime import date

from cordiale.errors import Refused
from cordiale.insight import queries as insight


def chosen(start: date | None, end: date | None) -> tuple[date, date]:
    """The days given; for one left out, the last month end before the other, or the latest snapshot.

    Raises Refused where there are not two snapshots to choose from.
    """
    ends = [one.day for one in insight.month_ends()]
    last = end or (ends[-1] if ends else None)
    first = start or next((day for day in reversed(ends) if last and day < last), None)
    if first is None or last is None:
        raise Refused("flows need snapshots of two months; name two days, or compute: cordiale lifecycle month-ends")
    return first, last
