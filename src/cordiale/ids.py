"""Numbers that several engines must agree on.

`bucket_of` and `share_of` are written three times (Python here, SQL for DuckDB/Spark in `lake`, SQL for PostgreSQL
where panels are drawn); tests hold them equal.
"""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING, TypeVar

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt

BUCKET_SQL = "((({column} % 4294967296) * 1103515245 + 12345) % 2147483648 // 65536) % {buckets}"
"""Bucket of a customer, in the SQL both engines read. A fixed linear step: no engine's own hash() is involved."""

SHARE_SQL = "(('x' || left(md5({salt} || ':' || {column}), 8))::bit(32)::bigint & 4294967295) / 4294967296.0"
"""`share_of` in PostgreSQL."""


Number = TypeVar("Number", int, "npt.NDArray[np.int64]")


def bucket_of(customer_id: Number, buckets: int) -> Number:
    """The bucket of a customer, 0 ≤ bucket < `buckets` (a power of two, at most 32 768); of each in an array."""
    return ((((customer_id & 0xFFFFFFFF) * 1103515245 + 12345) & 0x7FFFFFFF) >> 16) & (buckets - 1)


def share_of(salt: str, customer_id: int) -> float:
    """A number in [0, 1), uniform over customers and fixed for a salt: who is in a control group or a sample.

    The salt is secret to a programme, so that two programmes draw independent groups.
    """
    digest = hashlib.md5(f"{salt}:{customer_id}".encode(), usedforsecurity=False).hexdigest()
    return int(digest[:8], 16) / 4294967296
