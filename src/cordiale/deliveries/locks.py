"""Who is alive: each worker holds an advisory lock of its database session, which ends with the session.

This needs sessions of one's own: a connection pooler must be in session mode.
"""

from __future__ import annotations

import secrets
from collections.abc import Iterator
from contextlib import contextmanager, suppress

from django.db import DatabaseError, connection

WORKERS, FLUSHERS = 0x436F7201, 0x436F7202
"""The first halves of our advisory locks' keys."""

IS_ALIVE_SQL = """exists (
    select 1 from pg_locks held
    where held.locktype = 'advisory' and held.granted and held.objsubid = 2
      and held.database = (select oid from pg_database where datname = current_database())
      and held.classid = {worker_class}::bigint::oid and held.objid = {worker}::bigint::oid)"""


@contextmanager
def worker() -> Iterator[int]:
    """Be a worker while the block runs; yields its number."""
    with connection.cursor() as cursor:
        while True:
            number = secrets.randbelow(2**31 - 1) + 1
            cursor.execute("select pg_try_advisory_lock(%s, %s)", [WORKERS, number])
            if cursor.fetchone() == (True,):
                break
    try:
        yield number
    finally:
        _unlock(WORKERS, number)


@contextmanager
def one_flusher() -> Iterator[None]:
    """Wait until nobody else flushes, and be the one."""
    with connection.cursor() as cursor:
        cursor.execute("select pg_advisory_lock(%s, 0)", [FLUSHERS])
    try:
        yield
    finally:
        _unlock(FLUSHERS, 0)


def _unlock(lock_class: int, number: int) -> None:
    with suppress(DatabaseError), connection.cursor() as cursor:  # a lost session lost its locks
        cursor.execute("select pg_advisory_unlock(%s, %s)", [lock_class, number])
