"""Rows that a later commit put aside, until a fold leaves them out of the files.

A replaced order's old lines stay in their files. The commit that brings the new ones also names a small Parquet file,
`_superseded/<table>/<revision>.parquet` (order_id, revision): rows of that order written at an earlier revision are not
read. Which file is in force is the version of a Delta application, so it changes in the very commit that adds the rows,
and every reader sees both or neither. Where nothing is superseded there is no such file and queries are as without.
"""

from __future__ import annotations

import time
from dataclasses import dataclass
from pathlib import Path

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from cordiale.lake.syncing import sync
from cordiale.lake.tables import REVISION

SUPERSEDED_APP = "cordiale-superseded"
"""Its version n > 0: revision n, file n is in force; −n: revision n, nothing is superseded."""
ENTRIES = pa.schema([pa.field("order_id", pa.string(), nullable=False), REVISION.with_nullable(False)])


@dataclass(frozen=True)
class Superseded:
    """What is put aside in one version of a table: its file (None: nothing), and the table's revision so far."""

    revision: int = 0
    path: Path | None = None

    def entries(self) -> pa.Table:
        """One row an order: its rows of an earlier revision do not count."""
        return pq.read_table(self.path, schema=ENTRIES) if self.path else ENTRIES.empty_table()

    @property
    def version(self) -> int:
        """This state as the version of the Delta application."""
        return self.revision if self.path else -self.revision


def superseded_at(table: Path, version: int) -> Superseded:
    """The state that a version of the Delta application stands for."""
    return Superseded(abs(version), _path(table, version) if version > 0 else None)


def put_aside(table: Path, before: Superseded, order_ids: pa.Array) -> Superseded:
    """The state after these orders' present rows are put aside, its file written. Call it under the write lock."""
    revision = before.revision + 1
    kept = before.entries()
    kept = kept.filter(pc.invert(pc.is_in(kept["order_id"], order_ids)))
    added = pa.table([order_ids, pa.repeat(pa.scalar(revision, pa.int64()), len(order_ids))], schema=ENTRIES)
    return _written(table, revision, pa.concat_tables([kept, added]))


def settled(table: Path, now: Superseded, revision: int) -> Superseded:
    """The state after a fold left out what was superseded up to `revision`. Call it under the write lock."""
    entries = now.entries()
    left = entries.filter(pc.greater(entries["revision"], revision))
    return _written(table, now.revision + 1, left) if left.num_rows else Superseded(now.revision)


def sweep(table: Path, present: Superseded, *, older_than_seconds: float) -> None:
    """Delete the files no longer in force, but those a query may still read."""
    for path in _path(table, 0).parent.glob("*"):
        if path != present.path and time.time() - path.stat().st_mtime >= older_than_seconds:
            path.unlink()


def _path(table: Path, version: int) -> Path:
    return table.parent / "_superseded" / table.name / f"{version:020}.parquet"


def _written(table: Path, revision: int, entries: pa.Table) -> Superseded:
    path = _path(table, revision)
    path.parent.mkdir(parents=True, exist_ok=True)
    draft = path.with_suffix(".draft")
    pq.write_table(entries.sort_by("order_id"), draft, compression="zstd")
    sync(draft)
    draft.replace(path)
    sync(path.parent)
    return Superseded(revision, path)
