"""Who else reads what happened: packages above turn events into orders, answers, cases.

A reader is called once for every event that counts, in batches, after the event's customer is known. It must stand
being called again with the same events: a crash between two steps repeats the batch.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any


@dataclass(frozen=True, kw_only=True)
class Happened:
    """One event of one customer, as it goes to the lake. `kind` is track, page, screen, identify, group or alias."""

    event_id: str
    customer_id: int
    kind: str
    name: str
    at: datetime
    properties: Mapping[str, Any]
    context: Mapping[str, Any]
    source: str


Read = Callable[[Sequence[Happened], datetime], None]


@dataclass(frozen=True)
class Reader:
    """A named reader; lower `order` reads first."""

    name: str
    order: int
    read: Read


_readers: dict[str, Reader] = {}


def register(reader: Reader) -> None:
    """Add a reader, from a package's `AppConfig.ready`. Registering a name again replaces it."""
    _readers[reader.name] = reader


def registered() -> list[Reader]:
    """All readers, in order."""
    return sorted(_readers.values(), key=lambda one: (one.order, one.name))
