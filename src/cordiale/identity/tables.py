"""What writes and reads many rows at once, and the lock under which anything new is tied to somebody."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.csv
from django.db import connection

_LOCK = 0x436F7221
_SURVIVORS = "SELECT id, merged_into_id FROM customers_customer WHERE id = ANY(%s) AND merged_into_id <> id"
_LINK = "COPY identity_identity (kind, value, customer_id, source, created_at) FROM STDIN (FORMAT csv)"


def lock() -> None:
    """Wait until nobody else ties values to customers, until the end of this transaction.

    Whoever holds it may lock rows of customers; whoever holds rows of customers must not ask for it.
    """
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(%s)", [_LOCK])


def survivors(numbers: Iterable[int]) -> dict[int, int]:
    """For the numbers of merged customers, whom they were merged into in the end."""
    return dict(rows(_SURVIVORS, sorted(set(numbers))))


def link(kind: str, values: pa.Array, numbers: npt.NDArray[np.int64], sources: pa.Array, now: datetime) -> None:
    """Tie values of one kind that point to nobody yet, under `lock`."""
    many = len(values)
    if not many:
        return
    columns = [pa.repeat(kind, many), values, pa.array(numbers), sources, pa.repeat(now.isoformat(), many)]
    written = pa.BufferOutputStream()
    options = pyarrow.csv.WriteOptions(include_header=False)
    pyarrow.csv.write_csv(pa.table(columns, names=["kind", "value", "customer", "source", "at"]), written, options)
    with connection.cursor() as cursor, cursor.copy(_LINK) as copy:
        copy.write(memoryview(written.getvalue()))


def rows(sql: str, *bound: Any) -> list[tuple[Any, ...]]:
    """The rows of one statement."""
    with connection.cursor() as cursor:
        cursor.execute(sql, bound)
        found: list[tuple[Any, ...]] = cursor.fetchall()
        return found


def write(sql: str, bound: Sequence[tuple[Any, ...]]) -> None:
    """One statement for each of the rows."""
    if bound:
        with connection.cursor() as cursor:
            cursor.executemany(sql, bound)
