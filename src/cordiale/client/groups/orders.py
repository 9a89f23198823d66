"""The operations of `orders` and their shapes.

Written by `config.client_source` from the OpenAPI description; do not edit.
"""

from __future__ import annotations

from decimal import Decimal
from typing import Literal

from cordiale.client.connection import Connection, Instant, Shape, part


class TakenOut(Shape, frozen=True, kw_only=True):
    """What the statements changed; `lines` are those of new and changed orders."""

    orders_new: int
    orders_changed: int
    orders_same: int
    lines: int


class LineIn(Shape, frozen=True, kw_only=True):
    """A product. `amount` is what was paid for all of `quantity`; in a refund it may be left out."""

    product_id: str
    quantity: int = 1
    amount: Decimal | None = None
    discount: Decimal = Decimal("0")
    category: str | None = None
    department: str | None = None
    brand: str | None = None


class StatementIn(Shape, frozen=True, kw_only=True):
    """What happened to an order, true at `at` (with an offset). The latest counts, whatever arrives last."""

    order_id: str
    customer: str
    kind: Literal["completed", "updated", "refunded", "cancelled"]
    at: Instant
    placed_at: Instant | None = None
    lines: list[LineIn] | None = None
    discount: Decimal = Decimal("0")
    total: Decimal | None = None
    currency: str | None = None
    store: str | None = None
    channel: str | None = None
    refund_id: str = ""
    source: str = "api"


class StatementsIn(Shape, frozen=True, kw_only=True):
    """One statement or many, taken all or not at all."""

    orders: list[StatementIn]


class LineOut(Shape, frozen=True, kw_only=True):
    """A line; what was given back is negative."""

    line_no: int
    at: Instant
    product_id: str
    category: str | None
    department: str | None
    brand: str | None
    quantity: int
    amount: Decimal
    discount: Decimal


class OrderOut(Shape, frozen=True, kw_only=True):
    """An order as all that was told of it makes it. `notes` say what of it had no effect."""

    order_id: str
    customer_id: int | None
    status: Literal["waiting", "placed", "partly_refunded", "refunded", "cancelled"]
    placed_at: Instant | None
    paid: Decimal
    refunded: Decimal
    store: str | None
    channel: str | None
    lines: list[LineOut]
    told: list[StatementOut]
    notes: list[str]
    updated_at: Instant


class SaidLine(Shape, frozen=True, kw_only=True):
    """A line as it was told."""

    product_id: str
    quantity: int = 1
    amount: Decimal | None = None
    discount: Decimal = Decimal("0")
    category: str | None = None
    department: str | None = None
    brand: str | None = None
    at: Instant | None = None
    line_no: int | None = None


class StatementOut(Shape, frozen=True, kw_only=True):
    """One statement, as it was given. `heard_at` is when it reached us (null for a bulk import)."""

    kind: str
    at: Instant
    heard_at: Instant | None
    source: str
    lines: list[SaidLine] | None
    discount: Decimal
    total: Decimal | None


class Orders:
    """`client.orders`."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def tell(self, orders: list[StatementIn]) -> TakenOut:
        """Tell what happened to orders. All are taken, or none and the first that cannot be is named. Telling the
        same again changes nothing.
        """
        return self._connection.call(
            "POST", "/api/v1/orders", TakenOut, body=StatementsIn(orders=orders), is_repeatable=True
        )

    def show(self, order_id: str) -> OrderOut:
        """An order, its lines, and all that was told of it. 404 for an order nothing is known of."""
        return self._connection.call("GET", f"/api/v1/orders/{part(order_id)}", OrderOut, is_repeatable=True)
