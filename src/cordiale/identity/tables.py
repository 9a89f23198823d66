"""What writes and reads many rows at once, and the lock under which anything new is tied to somebody."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc
from django.db import connection

from cordiale.customers import copying

_LOCK = 0x436F7221
_SURVIVORS = "SELECT id, merged_into_id FROM customers_customer WHERE id = ANY(%s) AND merged_into_id <> id"


def lock() -> None:
    """Wait until nobody else ties values to customers, until the end of this transaction.

    Whoever holds it may lock rows of customers; whoever holds rows of customers must not ask for it.
    """
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(%s)", [_LOCK])


def survivors(numbers: Iterable[int]) -> dict[int, int]:
    """For the numbers of merged customers, whom they were merged into in the end."""
    return dict(rows(_SURVIVORS, sorted(set(numbers))))


def tied(
    kind: str, values: pa.StringArray, numbers: npt.NDArray[np.int64], sources: pa.Array | str, now: datetime
) -> copying.Written:
    """Values of one kind that point to nobody yet, ready to be tied under `lock`. They are in the order of the key, so
    that neighbours are written together."""
    order = pc.sort_indices(values)
    several = sources if isinstance(sources, str) else sources.take(order)
    columns = {"kind": kind, "value": values.take(order), "customer_id": pa.array(numbers).take(order),
               "source": several, "created_at": now}  # fmt: skip
    return copying.encode("identity_identity", columns)


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
