"""What the list of segments tells beside size and sentence: how each changed in a week, and who made it."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

from django.db import connection

from cordiale.segments.models import Segment, SegmentRevision

_CHANGE = """
select segment_id, sum(came - went) from (
    select segment_id, 1 as came, 0 as went from segments_membership
    where segment_id = any(%(ids)s) and entered_at > %(since)s and entered_at <= %(now)s
    union all
    select segment_id, 0, 1 from segments_membership
    where segment_id = any(%(ids)s) and left_at > %(since)s and left_at <= %(now)s
) moved group by segment_id
"""


def weekly_change(segments: Sequence[Segment], now: datetime) -> dict[int, int]:
    """By number of the segment, how many more are in it than seven days ago; none for who stayed the same."""
    values: dict[str, Any] = {"ids": [one.pk for one in segments], "since": now - timedelta(days=7), "now": now}
    with connection.cursor() as cursor:
        cursor.execute(_CHANGE, values)
        return {segment: int(change) for segment, change in cursor.fetchall()}


def owners(segments: Sequence[Segment]) -> dict[int, str]:
    """By number of the segment, who wrote its first revision."""
    first = SegmentRevision.objects.filter(segment__in=segments, number=1)
    return dict(first.values_list("segment_id", "actor"))
