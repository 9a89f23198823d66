"""Rows for the lake's tests."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pyarrow as pa

from cordiale.lake import fact_table

START = datetime(2026, 1, 5, 8, 0, tzinfo=UTC)
_LINES = pa.schema(
    [
        fact_table("order_lines").columns.field(name)
        for name in ("customer_id", "ts", "order_id", "line_no", "product_id", "quantity", "amount", "discount")
    ]
)


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


def lines(*orders: tuple[str, int, Sequence[str]]) -> pa.Table:
    """The lines of orders, each an (order_id, customer_id, amounts)."""
    rows = [
        {
            "customer_id": customer,
            "ts": START,
            "order_id": order,
            "line_no": number,
            "product_id": "p",
            "quantity": 1,
            "amount": Decimal(amount),
            "discount": Decimal(0),
        }
        for order, customer, amounts in orders
        for number, amount in enumerate(amounts, 1)
    ]
    return pa.Table.from_pylist(rows, schema=_LINES)
