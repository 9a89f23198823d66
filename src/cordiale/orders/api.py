"""`/api/v1/orders`: tell what happens to orders, and read what became of one."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from decimal import Decimal
from typing import Annotated, Any, Literal

from django.http import HttpRequest
from ninja import Field, Router, Schema

from cordiale import clock
from cordiale.accounts.api import KeyAuth, Moment, Problem
from cordiale.customers.queries import get_customer
from cordiale.identity.queries import survivors
from cordiale.orders import actions, queries
from cordiale.orders.models import Order
from cordiale.orders.rules.folding import STATUSES
from cordiale.orders.rules.told import LONGEST, MOST_LINES, LineTold, OrderTold
from cordiale.ui import context

router = Router(tags=["orders"])
_MOST_STATEMENTS = 1_000
_Text = Annotated[str, Field(max_length=LONGEST)]
_Money = Annotated[Decimal, Field(max_digits=12, decimal_places=2, json_schema_extra={"format": "decimal"})]
_ZERO = Decimal(0)


class LineIn(Schema):
    """A product. `amount` is what was paid for all of `quantity`; in a refund it may be left out."""

    product_id: Annotated[str, Field(min_length=1, max_length=LONGEST)]
    quantity: Annotated[int, Field(ge=0, le=1_000_000)] = 1
    amount: _Money | None = None
    discount: Annotated[_Money, Field(ge=0)] = _ZERO
    category: _Text | None = None
    department: _Text | None = None
    brand: _Text | None = None


class StatementIn(Schema):
    """What happened to an order, true at `at` (with an offset). The latest counts, whatever arrives last."""

    order_id: Annotated[str, Field(min_length=1, max_length=LONGEST)]
    customer: Annotated[str, Field(description="reference or number of the customer", max_length=254)]
    kind: Literal["completed", "updated", "refunded", "cancelled"]
    at: Moment
    placed_at: Moment | None = None
    lines: Annotated[list[LineIn], Field(max_length=MOST_LINES)] | None = None
    discount: Annotated[_Money, Field(ge=0, description="taken off the whole order, shared over its lines")] = _ZERO
    total: (
        Annotated[_Money, Field(ge=0, description="of a refund; all that is left when neither it nor lines")] | None
    ) = None
    currency: Annotated[str, Field(min_length=3, max_length=3)] | None = None
    store: _Text | None = None
    channel: _Text | None = None
    refund_id: _Text = ""
    source: Annotated[str, Field(min_length=1, max_length=80)] = "api"


class StatementsIn(Schema):
    """One statement or many, taken all or not at all."""

    orders: Annotated[list[StatementIn], Field(min_length=1, max_length=_MOST_STATEMENTS)]


class TakenOut(Schema):
    """What the statements changed; `lines` are those of new and changed orders."""

    orders_new: int
    orders_changed: int
    orders_same: int
    lines: int


class LineOut(Schema):
    """A line; what was given back is negative."""

    line_no: int
    at: datetime
    product_id: str
    category: str | None
    department: str | None
    brand: str | None
    quantity: int
    amount: _Money
    discount: _Money


class SaidLine(Schema):
    """A line as it was told."""

    product_id: str
    quantity: int = 1
    amount: _Money | None = None
    discount: _Money = _ZERO
    category: str | None = None
    department: str | None = None
    brand: str | None = None
    at: datetime | None = None
    line_no: int | None = None


class StatementOut(Schema):
    """One statement, as it was given. `heard_at` is when it reached us (null for a bulk import)."""

    kind: str
    at: datetime
    heard_at: datetime | None
    source: str
    lines: list[SaidLine] | None
    discount: _Money
    total: _Money | None


class OrderOut(Schema):
    """An order as all that was told of it makes it. `notes` say what of it had no effect."""

    order_id: str
    customer_id: int | None
    status: Literal["waiting", "placed", "partly_refunded", "refunded", "cancelled"]
    placed_at: datetime | None
    paid: _Money
    refunded: _Money
    store: str | None
    channel: str | None
    lines: list[LineOut]
    told: list[StatementOut]
    notes: list[str]
    updated_at: datetime


@router.post(
    "",
    auth=KeyAuth("imports.run"),
    response={200: TakenOut, 404: Problem, 422: Problem},
    openapi_extra={"x-repeatable": True},
    summary="Tell what happened to orders",
)
def tell(request: HttpRequest, body: StatementsIn) -> dict[str, int]:
    """All are taken, or none and the first that cannot be is named. Telling the same again changes nothing."""
    customers = {name: get_customer(name).pk for name in sorted({one.customer for one in body.orders})}
    taken = actions.take([_told(one, customers[one.customer]) for one in body.orders], context.present())
    return {name: getattr(taken, name) for name in TakenOut.model_fields}


@router.get(
    "/{path:order_id}",
    auth=KeyAuth("customers.see"),
    response={200: OrderOut, 404: Problem},
    summary="An order, its lines, and all that was told of it",
)
def show(request: HttpRequest, order_id: str) -> dict[str, Any]:
    """404 for an order nothing is known of."""
    order = queries.get_order(order_id)
    assert order.status in STATUSES
    return {
        "order_id": order.order_id,
        "customer_id": None if order.customer_id is None else survivors([order.customer_id])[order.customer_id],
        "status": order.status,
        "placed_at": order.placed_at,
        "paid": order.paid,
        "refunded": order.refunded,
        "store": _of_lines(order, "store"),
        "channel": _of_lines(order, "channel"),
        "lines": [line | {"at": line["ts"]} for line in order.lines],
        "told": sorted(order.told, key=lambda one: clock.parse_instant(one["at"])),
        "notes": order.notes,
        "updated_at": order.updated_at,
    }


def _of_lines(order: Order, name: str) -> str | None:
    return next((line[name] for line in order.lines if line.get(name)), None)


def _told(one: StatementIn, customer_id: int) -> OrderTold:
    return OrderTold(
        order_id=one.order_id,
        customer_id=customer_id,
        source=one.source,
        at=one.at,
        kind=one.kind,
        lines=None if one.lines is None else _lines(one.lines),
        placed_at=one.placed_at,
        discount=one.discount,
        total=one.total,
        currency=one.currency,
        store=one.store,
        channel=one.channel,
        told_id=one.refund_id if one.kind == "refunded" else "",
    )


def _lines(lines: Sequence[LineIn]) -> list[LineTold]:
    return [LineTold(**line.model_dump()) for line in lines]
