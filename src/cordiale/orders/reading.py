"""Events that tell of orders, on their way to the lake."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from cordiale.intake import readers
from cordiale.intake.readers import Happened
from cordiale.orders.rules import segment
from cordiale.orders.rules.told import OrderTold
from cordiale.orders.taking import take


def register() -> None:
    """Called once, when Django is ready."""
    readers.register(readers.Reader(name="orders", order=20, read=read))


def read(events: Sequence[Happened], now: datetime) -> None:
    """Take what the events say of orders. Raises OrderRefused for one that cannot be taken; none is taken then."""
    telling = [event for event in events if event.kind == "track" and event.name in segment.EVENTS]
    take([_told(event) for event in telling], now)  # even of nothing: what the lake missed is told again


def _told(event: Happened) -> OrderTold:
    return segment.read(event.name, event.properties, customer_id=event.customer_id, at=event.at, source=event.source)
