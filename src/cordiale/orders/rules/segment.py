"""What the e-commerce events of the Segment specification (v2) say of an order."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from decimal import Decimal, InvalidOperation
from typing import Any

from cordiale.orders.rules.money import cents
from cordiale.orders.rules.told import LineTold, OrderRefused, OrderTold

EVENTS = {
    "Order Completed": "completed",
    "Order Updated": "updated",
    "Order Refunded": "refunded",
    "Order Cancelled": "cancelled",
}


def read(name: str, properties: Mapping[str, Any], *, customer_id: int, at: datetime, source: str) -> OrderTold:
    """What an event says. Raises OrderRefused naming the property that cannot be read.

    What was paid for a product is its `price` times its `quantity`, less its part of the order's `discount` (or of what
    `subtotal` shows was taken off).
    """
    kind = EVENTS[name]
    lines = _lines(properties, is_refund=kind == "refunded")
    total = _money(properties, "total", _money(properties, "revenue", None)) if kind == "refunded" else None
    return OrderTold(
        order_id=_text(properties, "order_id") or "",
        customer_id=customer_id,
        source=source,
        at=at,
        kind=kind,
        lines=None if kind == "cancelled" else lines,
        discount=_discount(properties, lines or []) if kind in ("completed", "updated") else Decimal(0),
        total=None if total is None else abs(total),
        currency=_text(properties, "currency"),
        store=_text(properties, "store") or _text(properties, "affiliation"),
        channel=_text(properties, "channel"),
        told_id=(_text(properties, "refund_id") or "") if kind == "refunded" else "",
    )


def _lines(properties: Mapping[str, Any], *, is_refund: bool) -> list[LineTold] | None:
    products = properties.get("products")
    if products is None:
        return None
    if not isinstance(products, list) or not all(isinstance(product, Mapping) for product in products):
        raise OrderRefused("'products' must be a list of products, each with product_id, price and quantity")
    lines = [_line(product, is_refund=is_refund) for product in products]
    return [line for line in lines if line.quantity]


def _line(product: Mapping[str, Any], *, is_refund: bool) -> LineTold:
    quantity = _money(product, "quantity", Decimal(1)) or Decimal(0)
    if quantity != int(quantity) or (quantity < 0 and not is_refund):
        raise OrderRefused(f"the quantity {quantity} of a product is no number of items")
    price = None if is_refund else _money(product, "price", None)
    if price is not None and price < 0:
        raise OrderRefused(f"the price {price} of a product is negative; tell what is given back by Order Refunded")
    return LineTold(
        product_id=_text(product, "product_id") or _text(product, "sku") or "",
        quantity=abs(int(quantity)),
        amount=None if price is None else cents(price * quantity),
        category=_text(product, "category"),
        department=_text(product, "department"),
        brand=_text(product, "brand"),
    )


def _discount(properties: Mapping[str, Any], lines: list[LineTold]) -> Decimal:
    given, after = _money(properties, "discount", None), _money(properties, "subtotal", None)
    full = sum((line.amount or Decimal(0) for line in lines), Decimal(0))
    if given is None:
        given = full - after if after is not None else Decimal(0)
    return cents(min(max(given, Decimal(0)), full))


def _text(values: Mapping[str, Any], name: str) -> str | None:
    value = values.get(name)
    if value is None or isinstance(value, str):
        return (value or "").strip() or None
    if isinstance(value, int | float) and not isinstance(value, bool):
        return str(value)
    raise OrderRefused(f"'{name}' must be a text")


def _money(values: Mapping[str, Any], name: str, default: Decimal | None) -> Decimal | None:
    value = values.get(name)
    if value is None or value == "":
        return default
    try:
        number = None if isinstance(value, bool) else Decimal(str(value))
    except InvalidOperation:
        number = None
    if number is None or not number.is_finite() or abs(number) >= 10**10:
        raise OrderRefused(f"'{name}' is {value!r:.40}, which is no number; write for instance 12.90")
    return number
