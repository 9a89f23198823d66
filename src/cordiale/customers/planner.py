"""Keeping PostgreSQL on its indexes where its guesses of how many rows there are may be old or wrong."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from django.db import connection, transaction


@contextmanager
def by_index() -> Iterator[None]:
    """Inside, no table is read whole where an index leads there: just after a large load, or for a short prefix,
    PostgreSQL would. One transaction, or a part of the caller's."""
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("SET LOCAL enable_seqscan = off")
        yield
        cursor.execute("SET LOCAL enable_seqscan = on")
