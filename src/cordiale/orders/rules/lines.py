"""A line as the lake keeps it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal


@dataclass(frozen=True, kw_only=True)
class Line:
    """A row of `order_lines`, its order left out. What is given back is negative and numbered after the bought."""

    customer_id: int
    ts: datetime
    line_no: int
    product_id: str
    category: str | None = None
    department: str | None = None
    brand: str | None = None
    store: str | None = None
    channel: str | None = None
    quantity: int
    amount: Decimal
    discount: Decimal = Decimal(0)
    source: str | None = None
