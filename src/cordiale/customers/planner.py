"""Keeping PostgreSQL on its indexes where its guesses of how many rows there are may be old or wrong."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from django.db import connection, transaction

_ALONG_INDEX = "SET LOCAL enable_seqscan = {0}; SET LOCAL enable_bitmapscan = {0}"


@contextmanager
def by_index() -> Iterator[None]:
    """Inside, no table is read whole where an index leads there: just after a large load, or for a short prefix,
    PostgreSQL would. One transaction, or a part of the caller's."""
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("SET LOCAL enable_seqscan = off")
        yield
        cursor.execute("SET LOCAL enable_seqscan = on")


@contextmanager
def along_index() -> Iterator[None]:
    """Inside, a column is compared with thousands of values by one walk along its index, in the values' order: row by
    row, PostgreSQL would compare each with all of them. One transaction, or a part of the caller's."""
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(_ALONG_INDEX.format("off"))
        yield
        cursor.execute(_ALONG_INDEX.format("on"))
