"""How a segment's size went, day by day, and who was in it on a day that is past: read from the stays."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, timedelta

from django.db import connection

from cordiale import clock
from cordiale.company import company
from cordiale.errors import CordialeError
from cordiale.segments.models import Segment
from cordiale.segments.queries.consents import still_granted
from cordiale.segments.queries.evaluation import Members
from cordiale.segments.queries.language import get_segment

MOST_DAYS = 3_660
USUAL_DAYS = 90
_MOVES = """
select width_bucket(at, %(opens)s::timestamptz[]), count(*) filter (where came), count(*) filter (where not came)
from (
    select entered_at as at, true as came from segments_membership where segment_id = %(segment)s
    union all
    select left_at, false from segments_membership where segment_id = %(segment)s and left_at is not null
) moved where at <= %(now)s group by 1
"""
_ON = """
select distinct coalesce(customer.merged_into_id, customer.id)
from segments_membership stay join customers_customer customer on customer.id = stay.customer_id
where stay.segment_id = %(segment)s and stay.entered_at < %(at)s and (stay.left_at is null or stay.left_at >= %(at)s)
  and customer.erased_at is null
order by 1
"""


@dataclass(frozen=True, kw_only=True)
class DaySize:
    """How many were in a segment when a day of the company's ended, and how many came and went during it."""

    day: date
    size: int
    entered: int
    left: int


@dataclass(frozen=True, kw_only=True)
class Move:
    """Somebody who came into a segment (`entered`) or went out."""

    customer_id: int
    kind: str
    at: datetime


def history(name: str, now: datetime, *, start: date | None = None, end: date | None = None) -> list[DaySize]:
    """A segment's size each day from `start` to `end` (the last 90 days), none before its first. Raises NotFound."""
    segment = get_segment(name)
    zone = company().zone
    today = clock.local_day(now, zone)
    end = min(end or today, today)
    start = max(start or end - min(timedelta(days=USUAL_DAYS - 1), end - date.min), _first_day(segment, zone))
    many = (end - start).days + 1
    if many > MOST_DAYS:
        raise CordialeError(f"at most {MOST_DAYS} days are shown at once; ask for less")
    opens = [clock.start_of_day(start + timedelta(days=number), zone) for number in range(max(many, 0) + 1)]
    with connection.cursor() as cursor:
        cursor.execute(_MOVES, {"segment": segment.pk, "opens": opens, "now": now})
        moved = {number: (came, went) for number, came, went in cursor.fetchall()}
    size = moved.get(0, (0, 0))[0] - moved.get(0, (0, 0))[1]
    days = []
    for number in range(1, many + 1):
        came, went = moved.get(number, (0, 0))
        size += came - went
        days.append(DaySize(day=start + timedelta(days=number - 1), size=size, entered=came, left=went))
    return days


def _first_day(segment: Segment, zone: str) -> date:
    first = segment.memberships.order_by("entered_at").values_list("entered_at", flat=True).first()
    return clock.local_day(min(first or segment.created_at, segment.created_at), zone)


def members_on(name: str, day: date, now: datetime, *, limit: int = 50, offset: int = 0) -> Members:
    """Who was in the segment when that day ended, by number, as one page. Raises NotFound.

    For today: those of the last refresh who have not withdrawn a consent it asks for since.
    """
    zone = company().zone
    if clock.start_of_day(day, zone) > now:
        raise CordialeError(f"{day} is still to come; ask for a day that has begun")
    end, segment = clock.start_of_day(day + timedelta(days=1), zone), get_segment(name)
    with connection.cursor() as cursor:
        cursor.execute(_ON, {"segment": segment.pk, "at": min(end, now + timedelta(microseconds=1))})
        found = [number for (number,) in cursor.fetchall()]
    if now < end:
        found = still_granted(segment.expression, found)
    return Members(customer_ids=found[offset : offset + limit], total=len(found))


def moves(name: str, since: datetime, now: datetime, *, limit: int = 1_000, after: int = 0) -> list[Move]:
    """Who came and went after `since` and up to `now`, in order of time: the changes a receiver follows."""
    with connection.cursor() as cursor:
        cursor.execute(_CHANGES, {"segment": get_segment(name).pk, "since": since, "now": now, "limit": limit,
                                  "after": after})  # fmt: skip
        return [Move(customer_id=customer, kind=kind, at=at) for customer, kind, at in cursor.fetchall()]


_CHANGES = """
select customer_id, kind, at from (
    select customer_id, 'entered' as kind, entered_at as at from segments_membership
    where segment_id = %(segment)s and entered_at > %(since)s and entered_at <= %(now)s
    union all
    select customer_id, 'left', left_at from segments_membership
    where segment_id = %(segment)s and left_at > %(since)s and left_at <= %(now)s
) moved order by at, customer_id, kind limit %(limit)s offset %(after)s
"""
