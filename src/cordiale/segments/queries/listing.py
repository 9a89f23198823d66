"""What the pages show of segments: in words, where used, whom they reach, who came and went."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db import connection
from django.db.models import QuerySet

from cordiale import clock
from cordiale.company import company
from cordiale.customers.models import Customer
from cordiale.segments import rules, uses
from cordiale.segments.models import Segment
from cordiale.segments.queries.language import vocabulary
from cordiale.segments.rules import BadExpression
from cordiale.segments.rules.sentence import sentence

WEEKS = 8
SAMPLES = 20

_REACH = """
select purpose.title, reached.channel, reached.members
from (
    select consent.purpose_id, consent.channel, count(*) as members
    from segments_membership stay join consent_consent consent using (customer_id)
    where stay.segment_id = %s and stay.left_at is null and consent.state = 'granted'
    group by 1, 2
) reached join consent_purpose purpose on purpose.code = reached.purpose_id
order by reached.purpose_id, reached.channel
"""
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
    """Members who consented to be contacted for a purpose (its titles) through a channel; `share` of the members."""

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
    words, our = vocabulary(), company()
    said = []
    for text in texts:
        try:
            root = rules.parse(text, words, in_scenario=True).root
        except BadExpression:
            said.append("")
        else:
            said.append(sentence(root, language, zone=our.zone, currency=our.currency))
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
    """Whom of the members could be contacted, by purpose and channel. Decisions look again at each contact."""
    with connection.cursor() as cursor:
        cursor.execute(_REACH, [segment.pk])
        rows = cursor.fetchall()
    return [
        Reach(
            purpose=json.loads(titles) if isinstance(titles, str) else titles,
            channel=channel,
            members=members,
            share=members / segment.size if segment.size else None,
        )
        for titles, channel, members in rows
    ]


def samples(segment: Segment) -> list[Customer]:
    """Some members, always the same while they stay."""
    stays = segment.memberships.filter(left_at=None).order_by("customer_id").select_related("customer")[:SAMPLES]
    return [stay.customer for stay in stays]


def weekly_moves(segment: Segment, now: datetime) -> list[Week]:
    """The last weeks' moves, oldest first; the last one ends with today."""
    zone = company().zone
    today = clock.local_day(now, zone)
    opens = [clock.start_of_day(today - timedelta(days=7 * back - 1), zone) for back in range(WEEKS, 0, -1)]
    with connection.cursor() as cursor:
        cursor.execute(_MOVES, {"opens": opens, "segment": segment.pk})
        rows = cursor.fetchall()
    return [Week(opens=start, entered=entered, left=left) for start, entered, left in rows]
