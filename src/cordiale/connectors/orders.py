"""Orders and what was given back of them, as `orders` takes them."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from decimal import Decimal

from cordiale.connectors.models import Connector
from cordiale.connectors.rules.found import Line, Order
from cordiale.errors import Unavailable
from cordiale.orders import actions as orders
from cordiale.orders.actions import LineTold, OrderTold
from cordiale.orders.models import Order as Known


def take_orders(connector: Connector, found: Sequence[tuple[int | None, Order]], now: datetime) -> list[int]:
    """Tell `orders` what shops say; the customers concerned. Numbers get the connector's name: two shops never clash.

    Raises Unavailable where something is said of an order nobody was told of yet: it is tried again later.
    """
    known = _known(connector, [order for _, order in found])
    told = []
    for customer, order in found:
        whole = order_id(connector, order.returns or order.order_id)
        number = customer or (known[whole].customer_id if whole in known else None)
        if number is None:
            raise Unavailable(f"order {order.returns or order.order_id} is not known yet; this waits for it")
        told.append(_told(connector, order, number, known.get(whole), now))
    if told:
        orders.take(told, now)
    return sorted({one.customer_id for one in told})


def order_id(connector: Connector, number: str) -> str:
    """The number of a shop's order with us."""
    return f"{connector.name}:{number}"


def _known(connector: Connector, found: Sequence[Order]) -> dict[str, Known]:
    return Known.objects.in_bulk({order_id(connector, one.returns or one.order_id) for one in found})


def _told(connector: Connector, order: Order, customer_id: int, known: Known | None, now: datetime) -> OrderTold:
    if order.returns:
        return _return(connector, order, customer_id, known, now)
    return OrderTold(
        order_id=order_id(connector, order.order_id), customer_id=customer_id, source=connector.name,
        at=min(order.told_at, now), kind="cancelled" if order.is_cancelled else "completed", placed_at=order.at,
        lines=None if order.is_cancelled else [_line(line, 1) for line in order.lines],
        currency=order.currency or None, store=order.store or None, channel=order.channel or None,
    )  # fmt: skip


def _return(connector: Connector, order: Order, customer_id: int, known: Known | None, now: datetime) -> OrderTold:
    """A return of nothing but money is a total; `orders` shares it over what was paid."""
    units = [line for line in order.lines if line.quantity]
    money = -sum((line.amount for line in order.lines), Decimal(0))
    at = order.told_at if order.is_dated else _first_heard(known, order.order_id) or order.told_at
    return OrderTold(
        order_id=order_id(connector, order.returns), customer_id=customer_id, source=connector.name, at=min(at, now),
        kind="refunded", told_id=order.order_id, lines=[_line(line, -1) for line in units] or None,
        total=None if units else money,
    )  # fmt: skip


def _first_heard(known: Known | None, told_id: str) -> datetime | None:
    """When a return without a date was first told of."""
    moments = [
        datetime.fromisoformat(one["at"]) for one in (known.told if known else []) if one.get("told_id") == told_id
    ]
    return min(moments, default=None)


def _line(line: Line, sign: int) -> LineTold:
    return LineTold(
        product_id=line.product_id, quantity=sign * line.quantity, amount=sign * line.amount,
        discount=line.discount if sign > 0 else Decimal(0), category=line.category or None,
        department=line.department or None, brand=line.brand or None,
    )  # fmt: skip
