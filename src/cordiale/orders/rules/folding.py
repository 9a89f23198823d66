"""From all that was told of an order, in whatever order it came, to its lines."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from decimal import Decimal

from cordiale.orders.rules import refunding
from cordiale.orders.rules.lines import Line
from cordiale.orders.rules.money import cents, share
from cordiale.orders.rules.told import KINDS, LineTold, OrderTold

WAITING, PLACED, CANCELLED = "waiting", "placed", "cancelled"
PARTLY_REFUNDED, REFUNDED = "partly_refunded", "refunded"
STATUSES = (WAITING, PLACED, PARTLY_REFUNDED, REFUNDED, CANCELLED)
_ZERO = Decimal(0)


@dataclass(frozen=True, kw_only=True)
class State:
    """An order as all that was told of it makes it. `waiting`: only refunds or a cancellation are known so far.

    `paid` and `refunded` are money, both 0 or more but for a return told as an order of its own; `notes` say what of
    the told had no effect.
    """

    status: str
    customer_id: int | None = None
    source: str = ""
    placed_at: datetime | None = None
    lines: tuple[Line, ...] = ()
    paid: Decimal = _ZERO
    refunded: Decimal = _ZERO
    notes: tuple[str, ...] = ()


@dataclass(frozen=True)
class _Heard:
    """What counts of the told: statements of the lines in time, refunds that no later statement includes."""

    statements: tuple[OrderTold, ...]
    refunds: tuple[OrderTold, ...]
    is_cancelled: bool


def fold(told: Iterable[OrderTold]) -> State:
    """The order's state. The same whatever the order of `told`, and however often a statement is in it."""
    heard = _heard(_once(told))
    spoken = [one for one in heard.statements if one.lines is not None]
    if heard.is_cancelled:
        last = heard.statements[-1] if heard.statements else None
        return State(
            status=CANCELLED,
            customer_id=last.customer_id if last else None,
            source=last.source if last else "",
            placed_at=_placed_at(heard.statements) if last else None,
        )
    if not spoken:
        return State(status=WAITING)
    return _with_lines(heard, spoken[-1])


def _with_lines(heard: _Heard, basis: OrderTold) -> State:
    last, placed_at = heard.statements[-1], _placed_at(heard.statements)
    bought = _lines(basis, last, placed_at, _latest(heard.statements, "store"), _latest(heard.statements, "channel"))
    given_back, notes = refunding.refund(bought, heard.refunds, placed_at)
    refunded = -sum((line.amount for line in given_back), _ZERO)
    paid = sum((line.amount for line in bought), _ZERO)
    status = PLACED if not given_back else REFUNDED if refunded >= paid else PARTLY_REFUNDED
    return State(
        status=status,
        customer_id=last.customer_id,
        source=last.source,
        placed_at=placed_at,
        lines=(*bought, *given_back),
        paid=paid,
        refunded=refunded,
        notes=tuple(notes),
    )


def _once(told: Iterable[OrderTold]) -> list[OrderTold]:
    """Each statement once, its latest wording, in the order of time."""
    latest: dict[str, OrderTold] = {}
    for one in sorted(told, key=_moment):
        latest[one.key] = one
    return sorted(latest.values(), key=_moment)


def _moment(told: OrderTold) -> tuple[datetime, int, str, int, str]:
    return told.at, KINDS.index(told.kind), told.key, told.customer_id, repr(told)


def _heard(told: Sequence[OrderTold]) -> _Heard:
    statements: list[OrderTold] = []
    refunds: list[OrderTold] = []
    is_cancelled = False
    for one in told:
        if one.kind == "cancelled":
            is_cancelled = True
        elif one.kind == "refunded":
            refunds.append(one)
        else:
            is_cancelled = False
            statements.append(one)
            refunds = [] if one.kind == "stated" else refunds
    return _Heard(tuple(statements), tuple(refunds), is_cancelled)


def _placed_at(statements: Sequence[OrderTold]) -> datetime:
    """When the order was placed: as said last, else when it was completed, else when it was first heard of."""
    said = [one.placed_at for one in statements if one.placed_at]
    completed = [one.at for one in statements if one.kind == "completed"]
    return said[-1] if said else min(completed or [one.at for one in statements])


def _latest(statements: Sequence[OrderTold], name: str) -> str | None:
    return next((value for one in reversed(statements) if (value := getattr(one, name))), None)


def _lines(
    basis: OrderTold, last: OrderTold, placed_at: datetime, store: str | None, channel: str | None
) -> list[Line]:
    told = [_in_cents(line) for line in basis.lines or ()]
    weights = [max(line.amount or _ZERO, _ZERO) for line in told]
    off = share(min(cents(basis.discount), sum(weights, _ZERO)), weights)
    return [
        Line(
            customer_id=last.customer_id,
            ts=line.at or placed_at,
            line_no=line.line_no or number,
            product_id=line.product_id,
            category=line.category,
            department=line.department,
            brand=line.brand,
            store=store,
            channel=channel,
            quantity=line.quantity,
            amount=(line.amount or _ZERO) - part,
            discount=line.discount + part,
            source=basis.source,
        )
        for number, (line, part) in enumerate(zip(told, off, strict=True), 1)
    ]


def _in_cents(line: LineTold) -> LineTold:
    return replace(line, amount=cents(line.amount or _ZERO), discount=cents(line.discount))
