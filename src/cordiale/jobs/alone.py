"""Work that one database session at a time may do: PostgreSQL frees its lock the moment the session ends."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager, suppress

from django.db import DatabaseError, connection


@contextmanager
def held(kind: int, number: int = 0) -> Iterator[bool]:
    """Hold the lock of a kind of work and its subject; False, at once, where another session has it."""
    key = [kind, number % 2**31]
    with connection.cursor() as cursor:
        cursor.execute("select pg_try_advisory_lock(%s, %s)", key)
        is_mine = cursor.fetchone() == (True,)
    try:
        yield is_mine
    finally:
        if is_mine:
            with suppress(DatabaseError), connection.cursor() as cursor:  # a lost session lost its locks
                cursor.execute("select pg_advisory_unlock(%s, %s)", key)
