"""When what is written is safe on the disk: large loads need not wait for it after each part."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from django.db import connection

# Owners of a database elsewhere may have no say in its log's files.
_BEHIND = """
SELECT set_config('synchronous_commit', 'off', false),
    CASE WHEN has_parameter_privilege('wal_init_zero', 'SET') THEN set_config('wal_init_zero', 'off', false) END
"""
_WAITING = """
RESET synchronous_commit;
SELECT set_config('wal_init_zero', reset_val, false) FROM pg_settings
WHERE name = 'wal_init_zero' AND has_parameter_privilege('wal_init_zero', 'SET')
"""


@contextmanager
def behind() -> Iterator[None]:
    """Inside, commits do not wait for the disk, and new files of PostgreSQL's log are not filled with zeros first.

    Should the machine crash, the last commits may be lost, later ones before earlier ones: for work that is taken up
    where what is left of it ends. The first commit after it waits, and makes all before it safe.
    """
    with connection.cursor() as cursor:
        cursor.execute(_BEHIND)
    try:
        yield
    finally:
        if connection.is_usable():  # a new connection waits anyway
            with connection.cursor() as cursor:
                cursor.execute(_WAITING)
