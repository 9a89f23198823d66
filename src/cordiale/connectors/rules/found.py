"""What a payload tells, in our own words, whichever shop it came from. Pure values."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from typing import Any

from cordiale.errors import CordialeError


class Unreadable(CordialeError):
    """A payload is not what its sender's documentation says; the message names the place."""


@dataclass(frozen=True, kw_only=True)
class Person:
    """Who it is about: identifiers by kind, and what is said of them."""

    identifiers: Mapping[str, str]
    values: Mapping[str, Any]
    at: datetime


@dataclass(frozen=True, kw_only=True)
class Line:
    """One product of an order. `amount` is what was paid for all of `quantity`, taxes included, discounts taken off."""

    product_id: str
    quantity: int
    amount: Decimal
    discount: Decimal = Decimal(0)
    category: str = ""
    department: str = ""
    brand: str = ""


@dataclass(frozen=True, kw_only=True)
class Order:
    """The present state of an order, or of what was given back of one.

    `order_id` is the shop's. `at` is when it was bought, `told_at` the version of this statement. No lines where it is
    cancelled. A return has `returns` (the order it belongs to), a number of its own and negative lines; where
    `is_dated` is no the shop does not say when it was, and the first time we heard of it counts.
    """

    order_id: str
    at: datetime
    told_at: datetime
    is_cancelled: bool = False
    returns: str = ""
    store: str = ""
    channel: str = ""
    currency: str = ""
    is_dated: bool = True
    lines: tuple[Line, ...] = ()


@dataclass(frozen=True, kw_only=True)
class Choice:
    """What somebody decided about being contacted.

    `is_own`: the person's own act, at its own date. `only_if_ours`: a "no" without a date, which counts only where the
    "yes" came from this very source.
    """

    channel: str
    state: str
    at: datetime
    purpose: str = ""
    is_own: bool = False
    only_if_ours: bool = False
    how: str = ""


@dataclass(frozen=True, kw_only=True)
class Event:
    """Something that happened."""

    event_id: str
    name: str
    at: datetime
    properties: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, kw_only=True)
class Answer:
    """An answer to a question of a survey."""

    answer_id: str
    survey: str
    question: str
    kind: str
    at: datetime
    value: float | None = None
    text: str = ""
    channel: str = ""


@dataclass(frozen=True, kw_only=True)
class Found:
    """All a payload tells. Nothing at all where it does not concern us."""

    person: Person | None = None
    orders: tuple[Order, ...] = ()
    choices: tuple[Choice, ...] = ()
    events: tuple[Event, ...] = ()
    answers: tuple[Answer, ...] = ()


NOTHING = Found()
