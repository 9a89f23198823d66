"""Statements about orders, for tests."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

from cordiale.lake import open_lake
from cordiale.orders.actions import LineTold, OrderTold

START = datetime(2026, 11, 2, 9, 0, tzinfo=UTC)


def at(hours: float) -> datetime:
    """So many hours after the order was completed."""
    return START + timedelta(hours=hours)


def line(product: str, amount: str | None, quantity: int = 1, **more: Any) -> LineTold:
    """A product and what was paid for all of it."""
    return LineTold(product_id=product, quantity=quantity, amount=None if amount is None else Decimal(amount), **more)


def told(kind: str, hours: float, *lines: LineTold, order: str = "o1", **more: Any) -> OrderTold:
    """A statement; without lines it says nothing of them."""
    values = {"customer_id": 1, "source": "shop", "lines": list(lines) or None} | more
    return OrderTold(order_id=order, at=at(hours), kind=kind, **values)


def in_lake(order: str = "o1") -> list[tuple[int, str, int, str]]:
    """(line, product, quantity, amount) of an order's present lines."""
    rows = open_lake().order_lines_of([order]).sort_by("line_no").to_pylist()
    return [(row["line_no"], row["product_id"], row["quantity"], str(row["amount"])) for row in rows]
