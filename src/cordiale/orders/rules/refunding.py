"""What is given back: negative lines at the refund's time, never more than was paid."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from decimal import Decimal

from cordiale.orders.rules.lines import Line
from cordiale.orders.rules.money import cents, share
from cordiale.orders.rules.told import LineTold, OrderTold

_ZERO = Decimal(0)


@dataclass
class _Left:
    """What of a line can still be given back."""

    line: Line
    quantity: int
    amount: Decimal


@dataclass(frozen=True)
class _Back:
    """So much of a line is given back."""

    left: _Left
    quantity: int
    amount: Decimal


def refund(bought: Sequence[Line], refunds: Sequence[OrderTold], placed_at: datetime) -> tuple[list[Line], list[str]]:
    """The lines that these refunds, in time, give back of what was bought; and what of them had no effect."""
    left, notes = _left(bought), list[str]()
    given: list[Line] = []
    number = max((line.line_no for line in bought), default=0)
    for one in refunds:
        for back in _backs(one, left, notes):
            number += 1
            given.append(_line(back, number, max(one.at, placed_at), one.source))
            back.left.quantity -= back.quantity
            back.left.amount -= back.amount
    return given, notes


def _left(bought: Sequence[Line]) -> list[_Left]:
    left = [_Left(line, line.quantity, line.amount) for line in bought if line.amount >= 0 and line.quantity >= 0]
    for line in bought:  # stated lines may hold returns already
        back = [one for one in left if one.line.product_id == line.product_id] if line.amount < 0 else []
        units, money = -line.quantity, -line.amount
        for one in back:
            taken, paid = min(units, one.quantity), min(money, one.amount)
            one.quantity, one.amount, units, money = (
                one.quantity - taken,
                one.amount - paid,
                units - taken,
                money - paid,
            )
    return left


def _line(back: _Back, number: int, at: datetime, source: str) -> Line:
    return replace(
        back.left.line,
        ts=at,
        line_no=number,
        quantity=-back.quantity,
        amount=-back.amount,
        discount=_ZERO,
        source=source,
    )


def _backs(told: OrderTold, left: Sequence[_Left], notes: list[str]) -> list[_Back]:
    if told.lines:
        backs = list(_by_product(told.lines, left, notes))
        if told.total is not None and all(line.amount is None for line in told.lines):
            backs = _scaled(backs, cents(told.total))
    elif told.total is not None and cents(told.total) < sum((one.amount for one in left), _ZERO):
        parts = share(cents(told.total), [one.amount for one in left])
        backs = [_Back(one, 0, part) for one, part in zip(left, parts, strict=True)]
    else:
        backs = [_Back(one, one.quantity, one.amount) for one in left]
    kept = [back for back in backs if back.quantity or back.amount]
    if not kept:
        notes.append(f"the refund of {told.at.isoformat()} gave nothing back: nothing of it was left to give")
    return kept


def _by_product(told: Sequence[LineTold], left: Sequence[_Left], notes: list[str]) -> Iterator[_Back]:
    units = {id(one): one.quantity for one in left}
    money = {id(one): one.amount for one in left}
    for line in told:
        same = [one for one in left if one.line.product_id == line.product_id]
        if not same:
            notes.append(f"a refund names product '{line.product_id}', which the order does not have")
        asked, sum_asked = abs(line.quantity), None if line.amount is None else cents(abs(line.amount))
        for one in same:
            key = id(one)
            taken = min(asked, units[key])
            paid = _part(money[key], units[key], taken) if sum_asked is None else min(sum_asked, money[key])
            asked, units[key], money[key] = asked - taken, units[key] - taken, money[key] - paid
            sum_asked = None if sum_asked is None else sum_asked - paid
            yield _Back(one, taken, paid)


def _part(amount: Decimal, quantity: int, taken: int) -> Decimal:
    """The part of an amount for so many of the items: all of it with the last one."""
    return amount if taken == quantity else cents(amount * taken / quantity)


def _scaled(backs: Sequence[_Back], total: Decimal) -> list[_Back]:
    """The same items for `total` in all, at most what was paid for them."""
    weights = [back.amount for back in backs]
    parts = share(min(total, sum(weights, _ZERO)), weights)
    return [_Back(back.left, back.quantity, part) for back, part in zip(backs, parts, strict=True)]
