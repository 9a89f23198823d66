"""Keeping PostgreSQL on its indexes where its guesses of how many rows there are may be old or wrong."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from django.db import connection, transaction

_ONE_BY_ONE = "SET LOCAL enable_seqscan = {0}; SET LOCAL enable_hashjoin = {0}; SET LOCAL enable_mergejoin = {0}"


@contextmanager
def by_index() -> Iterator[None]:
    """Inside, no table is read whole where an index leads there: just after a large load, or for a short prefix,
    PostgreSQL would. One transaction, or a part of the caller's."""
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("SET LOCAL enable_seqscan = off")
        yield
        cursor.execute("SET LOCAL enable_seqscan = on")


@contextmanager
def one_by_one() -> Iterator[None]:
    """Inside, each given value is looked up by an index, however many they are and however few rows PostgreSQL believes
    the table has: it would rather read all of a table that grew since. One transaction, or a part of the caller's."""
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(_ONE_BY_ONE.format("off"))
        yield
        cursor.execute(_ONE_BY_ONE.format("on"))
