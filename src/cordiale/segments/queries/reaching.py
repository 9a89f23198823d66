"""Whom of a segment's members one may contact, without looking at facts: sets of numbers only."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date

import numpy as np
from django.db import connection

from cordiale.consent.purposes import purposes
from cordiale.consent.rules import CHANNELS
from cordiale.segments.queries import given, people
from cordiale.segments.rules.language import REACHED_BY

Ids = np.ndarray[tuple[int], np.dtype[np.int64]]
_MEMBERS = """
select string_agg(int8send(customer_id), ''::bytea) from segments_membership
where segment_id = %s and left_at is null
"""


def reach_of(segment_id: int, day: date) -> Iterator[tuple[str, str, int]]:
    """Purpose, channel, and how many of those who are in the segment may be contacted so now."""
    with connection.cursor() as cursor:
        cursor.execute(_MEMBERS, [segment_id])
        members: Ids = np.frombuffer(cursor.fetchone()[0] or b"", dtype=">i8").astype(np.int64)
    for channel in CHANNELS:
        reachable = np.setdiff1d(np.intersect1d(members, _with_address(channel, day)), _marked("opposed", channel))
        for code, purpose in purposes().items():
            if purpose.legal_basis == "consent":
                found = np.intersect1d(reachable, _marked("granted", code, channel))
            else:
                found = np.setdiff1d(reachable, _marked("withdrawn", code, channel))
            yield code, channel, len(found)


def _with_address(channel: str, day: date) -> Ids:
    column = REACHED_BY[channel]
    known = people.profiles((column,), (), day)
    ids: Ids = known.filter(known.column(column)).column("customer_id").to_numpy()
    return ids


def _marked(*mark: str) -> Ids:
    ids: Ids = given.marks([mark])["mark_0"].column("customer_id").to_numpy()
    return ids
