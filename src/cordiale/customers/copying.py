"""Columns written into a table by PostgreSQL's binary COPY: nothing is spelt out for it to read again."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc
from django.db import connection

_SIGNATURE = b"PGCOPY\n\xff\r\n\0" + bytes(8)
_END = b"\xff\xff"
_EPOCH, _FIRST_DAY = datetime(2000, 1, 1, tzinfo=UTC), date(2000, 1, 1)
_DAYS_BEFORE = (_FIRST_DAY - date(1970, 1, 1)).days
_MICROSECONDS_BEFORE = _DAYS_BEFORE * 86_400_000_000
_NOTHING = (-1).to_bytes(4, signed=True)
_JSON = b"\x01"
"""The version that stands before a document."""
_AT_ONCE = 1 << 20


@dataclass(frozen=True)
class Json:
    """Documents as JSON text; a plain string is one for all rows."""

    text: pa.Array | str


@dataclass(frozen=True)
class Written:
    """Rows that are ready to be copied into the columns `names` of `table`."""

    table: str
    names: tuple[str, ...]
    rows: pa.Array

    def copy(self) -> None:
        """Copy them, in the caller's transaction."""
        columns = ", ".join(f'"{name}"' for name in self.names)
        statement = f"COPY {self.table} ({columns}) FROM STDIN (FORMAT binary)"
        with connection.cursor() as cursor, cursor.copy(statement) as copy:
            for part in _parts(self.rows):
                copy.write(part)


def encode(table: str, columns: Mapping[str, Any]) -> Written:
    """Columns by name, all of one length: Arrow arrays of text, int64, date32, instants; `Json`; or one value for all
    rows (text, float, datetime). `table` and the names are the caller's own, never given from outside."""
    many = next(len(one) for one in map(_inside, columns.values()) if isinstance(one, pa.Array | pa.ChunkedArray))
    pieces: list[pa.Array | bytes] = [len(columns).to_bytes(2)]
    for column in columns.values():
        for piece in _field(column):
            if isinstance(piece, bytes) and isinstance(pieces[-1], bytes):
                pieces[-1] += piece
            else:
                pieces.append(piece)
    rows = pc.binary_join_element_wise(*(_piece(one, many) for one in pieces), pa.scalar(b"", pa.binary()))
    return Written(table, tuple(columns), rows)


def _parts(rows: pa.Array) -> Iterator[bytes | memoryview]:
    yield _SIGNATURE
    if len(rows):
        offsets = np.frombuffer(rows.buffers()[1], np.int32)[rows.offset : rows.offset + len(rows) + 1]
        content = memoryview(rows.buffers()[2])[int(offsets[0]) : int(offsets[-1])]
        for start in range(0, len(content), _AT_ONCE):
            yield content[start : start + _AT_ONCE]
    yield _END


def _inside(column: Any) -> Any:
    return column.text if isinstance(column, Json) else column


def _piece(piece: pa.Array | bytes, many: int) -> Any:
    return pa.scalar(piece, pa.binary()) if isinstance(piece, bytes) else piece


def _field(column: Any) -> list[pa.Array | bytes]:
    """The pieces that make up the field of each row: how long it is, and what it says."""
    before = _JSON if isinstance(column, Json) else b""
    column = _inside(column)
    if isinstance(column, pa.ChunkedArray):
        column = column.combine_chunks()
    if not isinstance(column, pa.Array):
        said = before + _bytes(column)
        return [len(said).to_bytes(4) + said]
    if pa.types.is_string(column.type) or pa.types.is_large_string(column.type):
        return _texts(column.cast(pa.string()), before)
    return [_fixed(column)]


def _bytes(value: str | float | datetime) -> bytes:
    if isinstance(value, str):
        return value.encode()
    if isinstance(value, datetime):
        since = value - _EPOCH
        return ((since.days * 86_400 + since.seconds) * 1_000_000 + since.microseconds).to_bytes(8, signed=True)
    return np.array(value, ">f8").tobytes()


def _texts(column: pa.StringArray, before: bytes) -> list[pa.Array | bytes]:
    lengths = pc.add(pc.binary_length(column), len(before)).fill_null(-1).to_numpy(zero_copy_only=False)
    if before and column.null_count:
        raise ValueError("a document is never null")
    said = column.fill_null("").cast(pa.binary())
    return [_binary(lengths.astype(">i4")), *([before] if before else []), said]


def _fixed(column: pa.Array) -> pa.Array:
    if pa.types.is_timestamp(column.type):
        microseconds = column.cast(pa.timestamp("us", tz="UTC")).cast(pa.int64())
        return _numbers(pc.subtract(microseconds, _MICROSECONDS_BEFORE), ">i8")
    if pa.types.is_date(column.type):
        return _numbers(pc.subtract(column.cast(pa.int32()), _DAYS_BEFORE), ">i4")
    return _numbers(column.cast(pa.int64()), ">i8")


def _numbers(column: pa.Array, kind: str) -> pa.Array:
    size = np.dtype(kind).itemsize
    fields = np.empty(len(column), np.dtype([("length", ">i4"), ("value", kind)]))
    fields["length"] = size
    fields["value"] = column.fill_null(0).to_numpy(zero_copy_only=False)
    written = _binary(fields)
    return pc.if_else(column.is_valid(), written, pa.scalar(_NOTHING, pa.binary())) if column.null_count else written


def _binary(values: npt.NDArray[Any]) -> pa.Array:
    """Each value as its own bytes."""
    size = values.dtype.itemsize
    offsets = np.arange(0, (len(values) + 1) * size, size, dtype=np.int32)
    return pa.Array.from_buffers(
        pa.binary(), len(values), [None, pa.py_buffer(offsets), pa.py_buffer(np.ascontiguousarray(values))]
    )
