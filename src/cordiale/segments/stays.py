"""Stays of customers in a segment, moved by sets: what PostgreSQL holds against what was just evaluated."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import numpy as np
from django.db import connection

Ids = np.ndarray[tuple[int], np.dtype[np.int64]]

_OPEN = """
select string_agg(int8send(customer_id), ''::bytea) from segments_membership
where segment_id = %(segment)s and left_at is null
"""
_TEMPORARY = "create temporary table if not exists segments_moves (customer_id bigint not null) on commit drop"
_CLOSE = """
update segments_membership stay set left_at = %(now)s from segments_moves gone
where stay.segment_id = %(segment)s and stay.left_at is null and stay.customer_id = gone.customer_id
"""
_ENTER = """
insert into segments_membership (segment_id, customer_id, entered_at)
select %(segment)s, customer.id, %(now)s
from segments_moves come join customers_customer customer on customer.id = come.customer_id
where customer.merged_into_id is null
for key share of customer
on conflict do nothing
"""
"""Customers erased or merged since the snapshot are left out; the lock keeps the others from being erased under us."""
_HEADER = b"PGCOPY\n\xff\r\n\0" + bytes(8)
_TRAILER = b"\xff\xff"
_ROW = np.dtype([("cells", ">i2"), ("length", ">i4"), ("customer", ">i8")])


def replace(segment_id: int, members: Ids, now: datetime) -> tuple[int, int, int]:
    """Close the stays of those who are not among `members` any more, open those of the new ones.

    Returns how many entered, how many left, how many are in. Call it in a transaction that locks the segment.
    """
    with connection.cursor() as cursor:
        cursor.execute(_OPEN, {"segment": segment_id})
        stayed = np.frombuffer(cursor.fetchone()[0] or b"", dtype=">i8").astype(np.int64)
    gone = np.setdiff1d(stayed, members, assume_unique=True)
    come = np.setdiff1d(members, stayed, assume_unique=True)
    left = _apply(_CLOSE, segment_id, gone, now)
    entered = _apply(_ENTER, segment_id, come, now)
    return entered, left, len(stayed) - left + entered


def _apply(statement: str, segment_id: int, customers: Ids, now: datetime) -> int:
    if not len(customers):
        return 0
    rows = np.empty(len(customers), dtype=_ROW)
    rows["cells"], rows["length"], rows["customer"] = 1, 8, customers
    values: dict[str, Any] = {"segment": segment_id, "now": now}
    with connection.cursor() as cursor:
        cursor.execute(_TEMPORARY)
        cursor.execute("truncate segments_moves")
        with cursor.copy("copy segments_moves from stdin (format binary)") as copy:
            copy.write(_HEADER)
            copy.write(rows.tobytes())
            copy.write(_TRAILER)
        cursor.execute(statement, values)
        return int(cursor.rowcount)
