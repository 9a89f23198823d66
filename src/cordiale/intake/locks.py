"""One flusher at a time, in whatever process; who counts looks on between two chunks.

Advisory locks of the database session: a killed flusher's is freed by PostgreSQL.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager, suppress

from django.db import DatabaseError, connection

FLUSHERS = 0x436F7203
"""The first half of our advisory lock's key."""


@contextmanager
def one_flusher() -> Iterator[None]:
    """Wait until nobody else flushes or counts, and be the one."""
    with _held("pg_advisory_lock", "pg_advisory_unlock"):
        yield


@contextmanager
def between_chunks() -> Iterator[None]:
    """Keep flushers waiting while the block reads: nothing is half on its way from the inbox to the lake."""
    with _held("pg_advisory_lock_shared", "pg_advisory_unlock_shared"):
        yield


def keep_flushers_out() -> None:
    """Until the transaction ends, nothing leaves the inbox."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(%s, 0)", [FLUSHERS])


@contextmanager
def _held(lock: str, unlock: str) -> Iterator[None]:
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT {lock}(%s, 0)", [FLUSHERS])
    try:
        yield
    finally:
        with suppress(DatabaseError), connection.cursor() as cursor:  # a lost session lost its locks
            cursor.execute(f"SELECT {unlock}(%s, 0)", [FLUSHERS])
