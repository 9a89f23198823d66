"""Facts of a file on their way to the lake: each once, however often its file is imported."""

from __future__ import annotations

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from cordiale.facts import actions as facts
from cordiale.imports.people import Numbers
from cordiale.imports.writing.tasks import Flags, Part, Task
from cordiale.lake import open_lake

_KNOWN = {
    "events": "select event_id as id from events join wanted on wanted.id = events.event_id",
    "answers": "select answer_id as id from answers join wanted on wanted.id = answers.answer_id",
}


def column(part: Part, name: str, kind: pa.DataType) -> pa.Array:
    """A target's values, null where the file has no such column."""
    if name not in part.table.column_names:
        return pa.nulls(part.table.num_rows, kind)
    return part.table.column(name).cast(kind).combine_chunks()


def ids(task: Task, part: Part, name: str) -> pa.Array:
    """The file's own numbers; where it has none, one made of the file's content and the row: the same each time."""
    made = pc.binary_join_element_wise(task.digest[:20], part.rows.cast(pa.string()), "-")
    return pc.coalesce(column(part, name, pa.string()), made)


def in_file_order(part: Part, numbers: pa.Array) -> pa.Array:
    """Lines of an order numbered from 1, by the number given them, then as they stand in the file."""
    orders = column(part, "order_id", pa.string()).dictionary_encode().indices.to_numpy(zero_copy_only=False)
    given = np.asarray(numbers.fill_null(0).to_numpy(zero_copy_only=False))
    sorted_by = np.lexsort((np.arange(len(given)), given, orders))
    lines = np.empty(len(given), dtype=np.int32)
    if not len(given):
        return pa.array(lines)
    starts = np.concatenate(([True], orders[sorted_by][1:] != orders[sorted_by][:-1]))
    begun = np.maximum.accumulate(np.where(starts, np.arange(len(given)), 0))
    lines[sorted_by] = np.arange(len(given)) - begun + 1
    return pa.array(lines)


def is_fresh(table: str, given: pa.Array, numbers: Numbers) -> Flags:
    """Which of these ids the lake does not hold yet, each the first time it is given."""
    _, first = np.unique(np.asarray(given.to_pylist(), dtype=object).astype(str), return_index=True)
    fresh = np.zeros(len(given), dtype=bool)
    fresh[first] = True
    if len(given):
        wanted = pa.table({"id": given.unique()})
        customers = pa.array(np.unique(numbers))
        known = open_lake().query(_KNOWN[table], only_customers=customers, wanted=wanted).column("id")
        fresh &= ~np.asarray(pc.is_in(given, known.combine_chunks()).to_numpy(zero_copy_only=False))
    return fresh


def record(task: Task, part: Part, table: str, rows: pa.Table) -> None:
    """Add facts once, whatever crash comes between the lake's commit and ours."""
    facts.record(table, rows, app=(task.source.replace(":", "-"), part.number))
