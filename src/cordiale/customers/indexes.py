"""The indexes that loads do not use, set aside while a base is filled: built at the end, they cost a third.

What recognises a customer (number, reference, and `identity`'s values) keeps its indexes: nothing is ever doubled, and
who says something of a customer meanwhile finds what was said before.
Who is killed in between leaves a base that is right but slow to search, until `ensure` is called: by the end of the
next large load, the one that is taken up again included, and each day.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from django.db import connection, transaction

from cordiale.errors import CordialeError
from cordiale.jobs import daily

SET_ASIDE: dict[str, str] = {
    "customers_words": "customers_customer USING gin (customers_words(first_name, last_name))",
    "customers_c_last_na_27dbcc_idx": "customers_customer (last_name, first_name)",
    "customers_c_email_4fdeb3_idx": "customers_customer (email)",
    "customers_phone": "customers_customer (phone)",
    "customers_submission_source": "customers_submission (source)",
}
"""What each is on. Packages above add theirs with `set_aside` when Django is ready."""
WORTH_IT = 50_000
"""From so many rows on, and where the base holds less than a quarter of them."""
_SIZE = "SELECT count(*) FROM (SELECT FROM customers_customer LIMIT %s) AS first"
_PRESENT = "SELECT indexname FROM pg_indexes WHERE indexname = ANY(%s) AND schemaname = current_schema()"
_ROOM = "SET LOCAL maintenance_work_mem = '256MB'"
"""Enough for two processes to build an index of a million customers together, and sort it in memory."""


def set_aside(name: str, on: str) -> None:
    """Let loads do without one more index. Both are the caller's own words, never given from outside."""
    SET_ASIDE[name] = on


def register() -> None:
    """Called once, when Django is ready."""
    daily.register(daily.Daily("customer-indexes", 5, lambda now: ensure()))


@contextmanager
def aside(rows: int | None) -> Iterator[None]:
    """Load `rows` customers inside. Nothing is set aside where the base is large beside them."""
    if rows is None or rows < WORTH_IT:
        yield
        return
    if not _holds(rows // 4):
        _drop()
    try:
        yield
    finally:
        ensure()


def ensure() -> list[str]:
    """Build the indexes that are missing; which. Writers of customers wait meanwhile, readers do not."""
    with connection.cursor() as cursor:
        cursor.execute(_PRESENT, [list(SET_ASIDE)])
        present = {name for (name,) in cursor.fetchall()}
        missing = [name for name in SET_ASIDE if name not in present]
        for name in missing:
            with transaction.atomic():
                cursor.execute(_ROOM)
                cursor.execute(f"CREATE INDEX IF NOT EXISTS {name} ON {SET_ASIDE[name]}")
    return missing


def _drop() -> None:
    if transaction.get_connection().in_atomic_block:
        raise CordialeError("indexes are set aside outside a transaction: others would wait for its end")
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("SET LOCAL lock_timeout = '2s'")
        cursor.execute(f"DROP INDEX IF EXISTS {', '.join(SET_ASIDE)}")


def _holds(rows: int) -> bool:
    with connection.cursor() as cursor:
        cursor.execute(_SIZE, [rows + 1])
        return bool(cursor.fetchone()[0] > rows)
