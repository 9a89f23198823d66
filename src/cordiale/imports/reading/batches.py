"""Rows as they come out of a file, numbered as a spreadsheet numbers them, and cut into chunks of one size."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc


@dataclass(frozen=True)
class RefusedRow:
    """A row that is not taken: its number (the header is 1), why, and its cells as far as they could be read."""

    row: int
    reason: str
    cells: Sequence[str]


@dataclass(frozen=True)
class Batch:
    """Some rows: `table` has the file's columns (strings, or a Parquet file's own types), `rows` their numbers."""

    table: pa.Table
    rows: pa.Array
    refused: list[RefusedRow] = field(default_factory=list)

    def filtered(self, mask: pa.Array, refused: Sequence[RefusedRow] = ()) -> Batch:
        """The rows where `mask` holds; `refused` are those just left out."""
        return Batch(self.table.filter(mask), self.rows.filter(mask), [*self.refused, *refused])


def unique_names(header: Sequence[str]) -> list[str]:
    """The names of columns: none empty, none twice."""
    names: list[str] = []
    for place, cell in enumerate(header, start=1):
        name = " ".join(str(cell).split()) or f"column {place}"
        again = 2
        taken, plain = set(names), name
        while name in taken:
            name, again = f"{plain} ({again})", again + 1
        names.append(name)
    return names


def without_blank_rows(batch: Batch) -> Batch:
    """Rows that say nothing at all are passed over; so are spaces around text."""
    if not batch.table.num_rows or not batch.table.num_columns:
        return batch
    blank = np.ones(batch.table.num_rows, dtype=bool)
    for column in batch.table.columns:
        if not blank.any():
            return batch
        is_text = pa.types.is_string(column.type)
        empty = pc.fill_null(pc.equal(column, ""), True) if is_text else column.is_null()
        blank &= np.asarray(empty.to_numpy(zero_copy_only=False) if isinstance(empty, pa.ChunkedArray) else empty)
    return batch.filtered(pa.array(~blank)) if blank.any() else batch


def chunks(batches: Iterable[Batch], size: int) -> Iterator[Batch]:
    """The same rows, `size` in each chunk but the last: the same file is cut at the same places each time."""
    waiting: list[Batch] = []
    count = 0
    for batch in batches:
        waiting.append(batch)
        count += batch.table.num_rows
        while count >= size:
            whole = _together(waiting)
            yield _cut(whole, 0, size)
            rest = _cut(whole, size, whole.table.num_rows)
            waiting, count = [rest], rest.table.num_rows
    last = _together(waiting) if waiting else None
    if last is not None and (last.table.num_rows or last.refused):
        yield last


def _together(batches: list[Batch]) -> Batch:
    table = pa.concat_tables([batch.table for batch in batches])
    rows = pa.concat_arrays([batch.rows for batch in batches])
    return Batch(table, rows, [one for batch in batches for one in batch.refused])


def _cut(batch: Batch, start: int, end: int) -> Batch:
    rows = batch.rows[start:end]
    is_last = end >= batch.table.num_rows
    after = 0 if start == 0 else batch.rows[start - 1].as_py()
    until = None if is_last else batch.rows[end - 1].as_py()
    refused = [one for one in batch.refused if one.row > after and (until is None or one.row <= until)]
    return Batch(batch.table.slice(start, end - start), rows, refused)
