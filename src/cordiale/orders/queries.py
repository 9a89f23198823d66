"""Reading what is known of orders."""

from __future__ import annotations

from cordiale.errors import NotFound
from cordiale.lake import open_lake
from cordiale.orders import arrow
from cordiale.orders.models import Order
from cordiale.orders.rules import told as telling
from cordiale.orders.rules.folding import fold


def get_order(order_id: str) -> Order:
    """An order with all that was told of it; one that came in bulk, as the lake has it. Raises NotFound."""
    known = Order.objects.filter(order_id=order_id).first()
    return known or _from_lake(order_id)


def _from_lake(order_id: str) -> Order:
    """An order, not kept, that the lake alone knows."""
    stated = next(arrow.statements(open_lake().order_lines_of([order_id])), None)
    if stated is None:
        raise NotFound(f"there is no order '{order_id}'")
    state = fold([stated])
    return Order(
        order_id=order_id,
        customer_id=state.customer_id,
        source=state.source,
        status=state.status,
        placed_at=state.placed_at,
        paid=state.paid,
        refunded=state.refunded,
        told=[telling.as_json(stated) | {"heard_at": None}],
        lines=arrow.as_json(state.lines),
        updated_at=stated.at,
    )
