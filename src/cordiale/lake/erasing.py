"""Taking rows out of a table's files: only the files that hold some are written again, all in one commit."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
from deltalake.transaction import AddAction, RemoveAction

from cordiale.lake.fact_store import FactStore
from cordiale.lake.snapshots import DataFile
from cordiale.lake.store import DeltaStore, encoding, told
from cordiale.lake.trait_store import TraitStore


def remove(store: FactStore | TraitStore, column: str, values: pa.Array) -> int:
    """Take out the rows whose `column` is one of `values`; how many. Appends go on meanwhile, and lose nothing.

    What is appended before the commit is looked through too, under the write lock.
    """
    with store.maintaining(), told(store.name):
        store.sweep_drafts()
        before = store.snapshot()
        drafts = _drafts(store, before.files, column, values)
        with store.writing():
            late = store.snapshot().since(before)
            drafts |= _drafts(store, late, column, values)
            if drafts:
                _commit(store, drafts)
        return sum(draft.removed for draft in drafts.values())


@dataclass(frozen=True)
class _Draft:
    """What is left of a file (None: nothing), and how many rows were taken out."""

    path: Path | None
    removed: int


def _drafts(store: DeltaStore, files: Sequence[DataFile], column: str, values: pa.Array) -> dict[DataFile, _Draft]:
    """For each file that holds some of the values: what is left of it."""
    return {file: _draft(store, file, column, values) for file in files if _holds(Path(file.path), column, values)}


def _holds(path: Path, column: str, values: pa.Array) -> bool:
    if not len(values):
        return False
    lowest, highest = pc.min_max(values).values()
    with pq.ParquetFile(path) as file:
        if column not in file.schema_arrow.names:
            return False
        place = file.schema_arrow.names.index(column)
        for number in range(file.num_row_groups):
            if _may_hold(file.metadata.row_group(number).column(place).statistics, lowest.as_py(), highest.as_py()):
                found = pc.is_in(file.read_row_group(number, [column])[column], values)
                if pc.any(found).as_py():
                    return True
    return False


def _may_hold(statistics: Any, lowest: Any, highest: Any) -> bool:
    if statistics is None or not statistics.has_min_max or not isinstance(lowest, int):
        return True  # texts are cut short in statistics
    return bool(statistics.max >= lowest and statistics.min <= highest)


def _draft(store: DeltaStore, file: DataFile, column: str, values: pa.Array) -> _Draft:
    """The file without these rows, in their order, a row group at a time."""
    path, kept = store.draft(), 0
    with pq.ParquetFile(file.path) as old:
        columns, total = old.schema_arrow, old.metadata.num_rows
        with pq.ParquetWriter(path, columns, **encoding(columns)) as writer:
            for number in range(old.num_row_groups):
                group = old.read_row_group(number)
                rows = group.filter(pc.invert(pc.is_in(group[column], values)))
                kept += rows.num_rows
                if rows.num_rows:
                    writer.write_table(rows)
    if not kept:
        path.unlink()
    return _Draft(path if kept else None, total - kept)


def _commit(store: FactStore | TraitStore, drafts: dict[DataFile, _Draft]) -> None:
    changes: list[AddAction | RemoveAction] = []
    for file, draft in drafts.items():
        partition, value = store.partition, str(file.bucket if file.day is None else file.day)
        changes.append(store.removal(file, partition, value))
        if draft.path is not None:
            changes.append(store.place(draft.path, partition, value))
    store.commit(store.open(), changes, store.partition)
