"""Rows for the lake's tests."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta

import pyarrow as pa

START = datetime(2026, 1, 5, 8, 0, tzinfo=UTC)


def events(customers: Sequence[int], *, first: int = 0, name: str = "Product Viewed") -> pa.Table:
    """One event for each customer of the list, numbered from `first`, an hour apart."""
    numbers = range(first, first + len(customers))
    return pa.table({
        "customer_id": pa.array(customers, pa.int64()),
        "ts": pa.array([START + timedelta(hours=number) for number in numbers], pa.timestamp("us", tz="UTC")),
        "event_id": pa.array([f"e{number}" for number in numbers], pa.string()),
        "name": pa.array([name for _ in numbers], pa.string()),
    })  # fmt: skip


def traits(customers: Sequence[int], **columns: Sequence[object]) -> pa.Table:
    """A day's traits of these customers."""
    return pa.table({"customer_id": pa.array(customers, pa.int64()), **columns})
