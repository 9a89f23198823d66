"""From a stored call to what the lake keeps: its name, its properties, its customer."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from uuid import UUID

import msgspec
import pyarrow as pa

from cordiale.intake import calls, traits
from cordiale.intake.calls import KINDS, Call
from cordiale.intake.readers import Happened
from cordiale.lake import fact_table

NAMES: Mapping[str, str] = {
    "identify": "Identified",
    "page": "Page Viewed",
    "screen": "Screen Viewed",
    "group": "Group Joined",
    "alias": "Alias Created",
}
"""What calls other than `track` are called among events."""


@dataclass(frozen=True, slots=True)
class Waiting:
    """A row of the inbox."""

    id: int
    source_id: int
    key: UUID
    kind: int
    at: datetime
    received_at: datetime
    payload: bytes
    source: str = field(default="", compare=False)


def happened(row: Waiting, customer_id: int, call: Call) -> Happened:
    """The event of a row, as readers and the lake are given it."""
    kind = KINDS[row.kind]
    return Happened(
        event_id=row.key.hex,
        customer_id=customer_id,
        kind=kind,
        name=name_of(kind, call),
        at=row.at,
        properties=_properties(kind, call),
        context=call.context or {},
        source=row.source,
    )


def name_of(kind: str, call: Call) -> str:
    """What the event is called."""
    return (call.event or "").strip() if kind == "track" else NAMES[kind]


def stored_name(kind: int, payload: bytes) -> str:
    """The name of a row that waits."""
    return name_of(KINDS[kind], calls.read(payload))


def facts(events: Iterable[Happened]) -> pa.Table:
    """Rows for the lake's `events`."""
    rows = [
        {
            "customer_id": one.customer_id,
            "ts": one.at,
            "event_id": one.event_id,
            "name": one.name,
            "properties": _text(one.properties),
            "source": one.source,
        }
        for one in events
    ]
    return pa.Table.from_pylist(rows, fact_table("events").columns)


def _properties(kind: str, call: Call) -> dict[str, Any]:
    if kind == "track":
        return call.properties or {}
    if kind in ("page", "screen"):
        named = {"name": call.name, "category": call.category}
        return {name: value for name, value in named.items() if value} | (call.properties or {})
    if kind == "group":
        return {"group_id": calls.person(call.group_id)} | traits.traits_of(call)
    if kind == "alias":
        return {"previous_id": calls.person(call.previous_id)}
    return traits.traits_of(call)


def _text(properties: Mapping[str, Any]) -> str:
    try:
        return msgspec.json.encode(properties).decode()
    except (OverflowError, ValueError):  # whole numbers beyond 64 bits
        return json.dumps(properties, ensure_ascii=False)
