"""What an event is about: the columns that interest is computed from, read out of its properties.

They have columns of their own because every customer's interests are computed in one pass: a JSON path a row would cost
more than all other traits together.
"""

from __future__ import annotations

import math
from typing import Any

import msgspec
import pyarrow as pa

COLUMNS: dict[str, pa.DataType] = {
    "category": pa.string(), "topic": pa.string(), "product_id": pa.string(), "seconds": pa.int32(),
}  # fmt: skip
LONGEST, MOST_SECONDS = 200, 86_400


class _About(msgspec.Struct):
    """The properties that say so, by the names of the e-commerce specification and of our page tag."""

    category: Any = None
    topic: Any = None
    product_id: Any = None
    seconds: Any = None


_decoder = msgspec.json.Decoder(_About)


def with_subjects(rows: pa.Table) -> pa.Table:
    """`rows` of events with category, topic, product_id and seconds filled in from `properties`, unless given."""
    missing = [name for name in COLUMNS if name not in rows.column_names]
    if not missing or "properties" not in rows.column_names:
        return rows
    abouts = [_about(text) for text in rows.column("properties").to_pylist()]
    for name in missing:
        read = _seconds if name == "seconds" else _text
        values = [None if one is None else read(getattr(one, name)) for one in abouts]
        rows = rows.append_column(name, pa.array(values, COLUMNS[name]))
    return rows


def _about(text: str | None) -> _About | None:
    if not text or text == "{}":
        return None
    try:
        return _decoder.decode(text)
    except (msgspec.DecodeError, UnicodeEncodeError):  # what is no object has no subject; contracts refuse it
        return None


def _text(value: Any) -> str | None:
    if isinstance(value, bool) or not isinstance(value, str | int):
        return None
    text = str(value).strip()
    return text if 0 < len(text) <= LONGEST else None


def _seconds(value: Any) -> int | None:
    if isinstance(value, bool) or not isinstance(value, int | float) or not math.isfinite(value):
        return None
    return int(value) if 0 <= value <= MOST_SECONDS else None
