"""Rows of the inbox as PostgreSQL's binary COPY format writes them."""

from __future__ import annotations

import struct
from collections.abc import Iterable
from datetime import UTC, datetime

from cordiale.intake.calls import Row

COPY = "COPY intake_inbox (source_id, key, kind, at, received_at, payload) FROM STDIN (FORMAT binary)"
HEADER = b"PGCOPY\n\xff\r\n\0" + bytes(8)
END = b"\xff\xff"
_EPOCH = datetime(2000, 1, 1, tzinfo=UTC)
_ROW = struct.Struct(">hiii16sihiqiqi")
_write = _ROW.pack


def micros(instant: datetime) -> int:
    """Microseconds since PostgreSQL's epoch."""
    passed = instant - _EPOCH
    return (passed.days * 86_400 + passed.seconds) * 1_000_000 + passed.microseconds


def rows(source_id: int, taken: Iterable[Row], received: datetime) -> list[bytes]:
    """The rows, each as COPY reads it."""
    arrived, parts = micros(received), []
    for row in taken:
        payload = row.payload
        parts.append(
            _write(6, 4, source_id, 16, row.key, 2, row.kind, 8, micros(row.at), 8, arrived, len(payload)) + payload
        )
    return parts
