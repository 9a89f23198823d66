"""What the pages show of segments: in words, where used, whom they reach, who came and went."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db import connection
from django.db.models import QuerySet

from cordiale import clock
from cordiale.company import company
from cordiale.consent.purposes import purposes
from cordiale.customers.models import Customer
from cordiale.segments import rules, uses
from cordiale.segments.models import Segment
from cordiale.segments.queries import reaching
from cordiale.segments.queries.called import Names
from cordiale.segments.queries.consents import standing
from cordiale.segments.queries.language import vocabulary
from cordiale.segments.rules import BadExpression
from cordiale.segments.rules.sentence import sentence

WEEKS = 8
SAMPLES = 20

_MOVES = """
select week.opens, count(*) filter (where moved.entered), count(*) filter (where not moved.entered)
from unnest(%(opens)s::timestamptz[]) as week(opens)
left join (
    select entered_at as at, true as entered from segments_membership where segment_id = %(segment)s
    union all
    select left_at, false from segments_membership where segment_id = %(segment)s and left_at is not null
) moved on moved.at >= week.opens and moved.at < week.opens + interval '7 days'
group by week.opens order by week.opens
"""


@dataclass(frozen=True, kw_only=True)
class Reach:
    """Members who may be contacted for a purpose (its titles) through a channel; `share` of the members."""

    purpose: Mapping[str, str]
    channel: str
    members: int
    share: float | None


@dataclass(frozen=True, kw_only=True)
class Week:
    """Who came in and went out in the seven days from `opens`."""

    opens: datetime
    entered: int
    left: int


def in_words(text: str, language: str) -> str:
    """An expression as a sentence; empty where it can no longer be read."""
    return sentences([text], language)[0]


def sentences(texts: Iterable[str], language: str) -> list[str]:
    """The same for several expressions."""
    words, our, names = vocabulary(), company(), Names(language)
    said = []
    for text in texts:
        try:
            root = rules.parse(text, words, in_scenario=True).root
        except BadExpression:
            said.append("")
        else:
            said.append(sentence(root, language, zone=our.zone, currency=our.currency, names=names))
    return said


def list_segments() -> QuerySet[Segment]:
    """All segments by name."""
    return Segment.objects.order_by("name")


def used_by(names: Iterable[str]) -> dict[str, list[uses.Use]]:
    """For each segment, the other segments that name it and what higher packages use it for."""
    words = vocabulary()
    naming: dict[str, list[uses.Use]] = {}
    for name, text in words.segments.items():
        try:
            references = rules.parse(text, words).references
        except BadExpression:
            continue
        for inner in references:
            naming.setdefault(inner, []).append(uses.Use(title=name, url=f"/segments/{name}/"))
    return {name: [*naming.get(name, []), *uses.of(name)] for name in names}


def reach(segment: Segment) -> list[Reach]:
    """Whom of the members one may contact now, by purpose and channel; those nobody can be reached by are left out."""
    day = clock.local_day(segment.evaluated_at or segment.created_at, company().zone)
    return [
        Reach(purpose=purposes()[purpose].title, channel=channel, members=many,
              share=many / segment.size if segment.size else None)
        for purpose, channel, many in reaching.reach_of(segment.pk, day) if many
    ]  # fmt: skip


def samples(segment: Segment) -> list[Customer]:
    """Some members, always the same while they stay; not those who withdrew a consent it asks for."""
    stays = segment.memberships.filter(standing(segment.expression, "customer_id"), left_at=None)
    return [stay.customer for stay in stays.order_by("customer_id").select_related("customer")[:SAMPLES]]


def weekly_moves(segment: Segment, now: datetime) -> list[Week]:
    """The last weeks' moves, oldest first; the last one ends with today."""
    zone = company().zone
    today = clock.local_day(now, zone)
    opens = [clock.start_of_day(today - timedelta(days=7 * back - 1), zone) for back in range(WEEKS, 0, -1)]
    with connection.cursor() as cursor:
        cursor.execute(_MOVES, {"opens": opens, "segment": segment.pk})
        rows = cursor.fetchall()
    return [Week(opens=start, entered=entered, left=left) for start, entered, left in rows]
