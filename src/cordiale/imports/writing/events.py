"""Events: what people did, with the properties the file names."""

from __future__ import annotations

import json

import numpy as np
import pyarrow as pa

from cordiale.imports.people import Numbers
from cordiale.imports.targets import PROPERTY
from cordiale.imports.writing.facts import column, ids, is_fresh, record
from cordiale.imports.writing.known import known_people
from cordiale.imports.writing.tasks import Flags, Outcome, Part, Seen, Task


def look(task: Task, part: Part, seen: Seen) -> Outcome:
    """What writing these rows would do."""
    known, numbers, strangers = known_people(task, part)
    fresh = _fresh(task, known, numbers)
    return Outcome(_counts(fresh), strangers)


def write(task: Task, part: Part) -> Outcome:
    """Add the events that are new."""
    known, numbers, strangers = known_people(task, part)
    fresh = _fresh(task, known, numbers)
    if fresh.any():
        kept = known.only(fresh)
        record(task, part, "events", _rows(task, kept, numbers[fresh]))
    return Outcome(_counts(fresh), strangers)


def _fresh(task: Task, part: Part, numbers: Numbers) -> Flags:
    return is_fresh("events", ids(task, part, "event_id"), numbers)


def _counts(fresh: Flags) -> dict[str, int]:
    return {"new": int(fresh.sum()), "same": int((~fresh).sum())}


def _rows(task: Task, part: Part, numbers: Numbers) -> pa.Table:
    return pa.table({
        "customer_id": pa.array(np.asarray(numbers), pa.int64()),
        "ts": column(part, "at", pa.timestamp("us", tz="UTC")),
        "event_id": ids(task, part, "event_id"),
        "name": column(part, "name", pa.string()),
        "properties": _properties(part),
        "source": pa.repeat(task.source, part.table.num_rows),
    })  # fmt: skip


def _properties(part: Part) -> pa.Array:
    names = [name for name in part.table.column_names if name.startswith(PROPERTY)]
    if not names:
        return pa.repeat("{}", part.table.num_rows)
    bare = [name.removeprefix(PROPERTY) for name in names]
    cells = zip(*(part.table.column(name).to_pylist() for name in names), strict=True)
    texts = [
        json.dumps({name: cell for name, cell in zip(bare, row, strict=True) if cell is not None}, ensure_ascii=False)
        for row in cells
    ]
    return pa.array(texts, pa.string())
