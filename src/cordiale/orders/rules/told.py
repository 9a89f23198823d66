"""What a shop, a till or an event says of an order, and what makes it acceptable."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any

import msgspec

from cordiale import clock
from cordiale.errors import CordialeError
from cordiale.orders.rules.money import MOST

KINDS = ("completed", "updated", "refunded", "cancelled", "stated")
"""In the order they count in at one instant. `stated`: these lines exactly, earlier refunds included."""
MOST_LINES, LONGEST = 2_000, 200
_MOST_UNITS = 2**31 - 1


class OrderRefused(CordialeError):
    """What was told of an order cannot be taken. Nothing was written."""


@dataclass(frozen=True, kw_only=True)
class LineTold:
    """One product of an order, or of a refund.

    `amount` is what was paid (or is given back) for all of `quantity`, before the order's own `discount` is shared;
    None in a refund: the part of what was paid. Lines of a return told as an order of its own are negative. `at` and
    `line_no` only where the lines are `stated`.
    """

    product_id: str
    quantity: int = 1
    amount: Decimal | None = None
    discount: Decimal = Decimal(0)
    category: str | None = None
    department: str | None = None
    brand: str | None = None
    at: datetime | None = None
    line_no: int | None = None


@dataclass(frozen=True, kw_only=True)
class OrderTold:
    """One statement about an order. `at` is when it was true: the latest counts, whatever arrives last.

    `placed_at` is when the order was placed, where that is not the time of its completion. `lines` None: nothing is
    said of the lines (a refund of the whole, or of `total`). `discount` is taken off the whole order, shared over its
    lines. `told_id` names a refund, so that it counts once even when told again with another time or amount.
    """

    order_id: str
    customer_id: int
    source: str
    at: datetime
    kind: str
    lines: Sequence[LineTold] | None = None
    placed_at: datetime | None = None
    discount: Decimal = Decimal(0)
    total: Decimal | None = None
    currency: str | None = None
    store: str | None = None
    channel: str | None = None
    told_id: str = ""

    @property
    def key(self) -> str:
        """What makes this statement itself: told twice, it counts once."""
        if self.told_id:
            return f"{self.kind}:{self.told_id}"
        content = {name: value for name, value in as_json(self).items() if name not in ("customer_id", "source")}
        return hashlib.sha256(msgspec.json.encode(_given(content), order="sorted")).hexdigest()[:32]


def as_json(told: OrderTold) -> dict[str, Any]:
    """As kept: plain values."""
    plain: dict[str, Any] = msgspec.to_builtins(told)
    return plain


def _given(value: Any) -> Any:
    """Without what is not given, so that a field added later changes no key."""
    if isinstance(value, dict):
        return {name: _given(inner) for name, inner in value.items() if inner not in (None, "")}
    return [_given(inner) for inner in value] if isinstance(value, list) else value


def from_json(kept: Any) -> OrderTold:
    """What `as_json` gave."""
    return msgspec.convert(kept, OrderTold, strict=False)


def require(told: OrderTold, currency: str) -> None:
    """Raise OrderRefused, saying what to mend, where a statement cannot be taken by a company of this currency."""
    name = f"order '{told.order_id[:60]}'"
    if told.kind not in KINDS:
        raise OrderRefused(
            f"{name}: '{told.kind}' is nothing that happens to an order; write one of {', '.join(KINDS)}"
        )
    if told.currency and told.currency.upper() != currency:
        raise OrderRefused(
            f"{name} is in {told.currency}; this company counts in {currency}, convert it before sending"
        )
    if told.kind in ("completed", "stated") and told.lines is None:
        raise OrderRefused(f"{name} has no products; send them with the order")
    _require_values(told, name)
    for place, line in enumerate(told.lines or (), 1):
        _require_line(line, f"{name}, line {place}", needs_amount=told.kind != "refunded")


def _require_values(told: OrderTold, name: str) -> None:
    for moment in (told.at, told.placed_at):
        if moment is not None:
            clock.require_aware(moment)
    _require_text(told.order_id, f"{name}: order_id")
    for text in (told.source, told.store, told.channel, told.told_id):
        _require_plain(text, name)
    for amount in (told.discount, told.total or Decimal(0)):
        if not (amount.is_finite() and 0 <= amount < MOST):
            raise OrderRefused(f"{name}: {amount} is no discount or total; write 0 or more")
    if len(told.lines or ()) > MOST_LINES:
        raise OrderRefused(f"{name} has more than {MOST_LINES} lines; send it in parts")


def _require_line(line: LineTold, name: str, *, needs_amount: bool) -> None:
    _require_text(line.product_id, f"{name}: product_id")
    for text in (line.category, line.department, line.brand):
        _require_plain(text, name)
    if abs(line.quantity) > _MOST_UNITS:
        raise OrderRefused(f"{name}: {line.quantity} is no number of items")
    if line.amount is None and needs_amount:
        raise OrderRefused(f"{name} has no amount; send what was paid for it")
    if line.amount is not None and not (line.amount.is_finite() and abs(line.amount) < MOST):
        raise OrderRefused(f"{name}: {line.amount} is no amount of money")
    if not (line.discount.is_finite() and 0 <= line.discount < MOST):
        raise OrderRefused(f"{name}: the discount {line.discount} is not 0 or more")


def _require_text(text: str, name: str) -> None:
    _require_plain(text, name)
    if not text.strip():
        raise OrderRefused(f"{name} is blank; give one")


def _require_plain(text: str | None, name: str) -> None:
    if text and (len(text) > LONGEST or "\x00" in text or any("\ud800" <= sign <= "\udfff" for sign in text)):
        raise OrderRefused(f"{name}: a text is longer than {LONGEST} characters, or holds one that is no character")
