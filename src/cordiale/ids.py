"""Numbers that several engines must agree on.

`bucket_of` and `share_of` are written three times (Python here, SQL for DuckDB/Spark in `lake`, SQL for PostgreSQL
where panels are drawn); tests hold them equal.
"""

from __future__ import annotations

import hashlib

BUCKET_SQL = "((({column} % 4294967296) * 1103515245 + 12345) % 2147483648 // 65536) % {buckets}"
"""Bucket of a customer, in the SQL both engines read. A fixed linear step: no engine's own hash() is involved."""

SHARE_SQL = "(('x' || left(md5({salt} || ':' || {column}), 8))::bit(32)::bigint & 4294967295) / 4294967296.0"
"""`share_of` in PostgreSQL."""


def bucket_of(customer_id: int, buckets: int) -> int:
    """The bucket of a customer, 0 ≤ bucket < `buckets` (a power of two, at most 32 768)."""
    return (((customer_id % 4294967296) * 1103515245 + 12345) % 2147483648 // 65536) % buckets


def share_of(salt: str, customer_id: int) -> float:
    """A number in [0, 1), uniform over customers and fixed for a salt: who is in a control group or a sample.

    The salt is secret to a programme, so that two programmes draw independent groups.
    """
    digest = hashlib.md5(f"{salt}:{customer_id}".encode(), usedforsecurity=False).hexdigest()
    return int(digest[:8], 16) / 4294967296
