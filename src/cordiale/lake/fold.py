"""The fold: unfolded rows go into their buckets, sorted, in one commit; superseded ones are left out.

The number of buckets is a power of two and only grows: bucket b of n is split into b and b + n of 2 n.
"""

from __future__ import annotations

import shutil
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path

import duckdb

from cordiale.errors import Unavailable
from cordiale.ids import BUCKET_SQL
from cordiale.lake import superseding
from cordiale.lake.engine import open_instance
from cordiale.lake.fact_store import FactStore
from cordiale.lake.snapshots import BUCKETS_APP, EVOLVED_APP, Snapshot
from cordiale.lake.store import ROW_GROUP, told
from cordiale.lake.superseding import SUPERSEDED_APP
from cordiale.lake.tables import UNFOLDED
from cordiale.lake.views import quoted, source, superseded_rows, unsuperseded

ROWS_A_BUCKET = 1_300_000
MOST_BUCKETS = 32_768
_MEMORY = "3GB"


def fold(store: FactStore, rows_a_bucket: int = ROWS_A_BUCKET) -> int:
    """Rewrite the buckets that get rows; how many rows were unfolded. Appends go on meanwhile."""
    with store.maintaining():
        store.sweep_drafts()
        before = store.snapshot()
        if not before.unfolded and before.superseded.path is None:
            return 0
        buckets = buckets_for(before.rows, before.buckets, rows_a_bucket)
        with told(store.name):
            with _connection(store) as connection:
                plan = _Plan(store, before, buckets, connection)
                drafts = plan.draft_buckets()
            _commit(store, before, drafts, buckets)
        store.sweep_drafts()
    store.vacuum()
    return sum(file.rows for file in before.unfolded)


def buckets_for(rows: int, present: int, rows_a_bucket: int = ROWS_A_BUCKET) -> int:
    """The number of buckets that keeps each at about `rows_a_bucket`; never fewer than `present`."""
    buckets = present
    while rows > buckets * rows_a_bucket and buckets < MOST_BUCKETS:
        buckets *= 2
    return buckets


class _Plan:
    """Which files go into which bucket, and the drafts made of them."""

    def __init__(self, store: FactStore, before: Snapshot, buckets: int, connection: duckdb.DuckDBPyConnection) -> None:
        self._store, self._before, self._buckets, self._connection = store, before, buckets, connection

    def draft_buckets(self) -> dict[int, Path | None]:
        """One sorted file for each bucket that changes; None for one left without rows."""
        fresh = self._split()
        doubled = self._buckets != self._before.buckets
        changing = range(self._buckets) if doubled else sorted({*fresh, *self._with_superseded()})
        return {bucket: self._draft(bucket, self._old(bucket), fresh.get(bucket, [])) for bucket in changing}

    def _with_superseded(self) -> set[int]:
        """The buckets that have superseded rows: one pass over the orders' numbers."""
        state = self._before.superseded
        paths = {file.path: file.bucket for file in self._before.files if file.bucket != UNFOLDED}
        if not paths or not state.path:
            return set()
        rows = self._connection.execute(
            f"SELECT DISTINCT filename FROM {source(self._before, paths, ', filename=true')} r"
            f" SEMI JOIN {superseded_rows(state)} s"
            " ON s.order_id = r.order_id AND coalesce(r.revision, 0) < s.revision"
        ).fetchall()
        return {paths[str(path)] for (path,) in rows}

    def _old(self, bucket: int) -> list[str]:
        return [
            file.path
            for file in self._before.files
            if file.bucket != UNFOLDED and file.bucket == bucket % self._before.buckets
        ]

    def _split(self) -> dict[int, list[str]]:
        """Unfolded rows by bucket: one pass over them, however many buckets there are."""
        paths = [file.path for file in self._before.unfolded]
        if not paths:
            return {}
        if self._buckets == 1:
            return {0: paths}
        folder = self._store.draft("")
        bucket = BUCKET_SQL.format(column="customer_id", buckets=self._buckets)
        self._connection.execute(
            f"COPY (SELECT *, CAST({bucket} AS INTEGER) AS bucket FROM {source(self._before, paths)})"
            f" TO '{folder}' (FORMAT parquet, COMPRESSION lz4_raw, PARTITION_BY (bucket))"
        )
        return {
            int(part.name.removeprefix("bucket=")): [str(path) for path in part.glob("*.parquet")]
            for part in folder.iterdir()
        }

    def _draft(self, bucket: int, old: Sequence[str], fresh: Sequence[str]) -> Path | None:
        columns = ", ".join(map(quoted, self._store.table.stored.names))
        keys = ", ".join(self._store.table.sort_keys)
        mine = BUCKET_SQL.format(column="customer_id", buckets=self._buckets)
        paths = [*old, *fresh]
        if not paths:
            return None
        draft = self._store.draft()
        state = self._before.superseded
        present = unsuperseded("r", superseded_rows(state)) if state.path else ""
        rows = self._connection.execute(
            f"COPY (SELECT {columns} FROM {source(self._before, paths)} r {present}"
            f" WHERE {mine} = {bucket} ORDER BY {keys})"
            f" TO '{draft}' (FORMAT parquet, COMPRESSION zstd, ROW_GROUP_SIZE {ROW_GROUP})"
        ).fetchone()
        return draft if rows and rows[0] else None


def _commit(store: FactStore, before: Snapshot, drafts: Mapping[int, Path | None], buckets: int) -> None:
    """The drafts in the place of all unfolded files, and of the old ones of the buckets rewritten."""
    rewritten = {bucket % before.buckets for bucket in drafts}
    replaced = [file for file in before.files if file.bucket == UNFOLDED or file.bucket in rewritten]
    with store.writing():
        delta = store.open()
        adds = [store.place(draft, "bucket", str(bucket)) for bucket, draft in drafts.items() if draft is not None]
        removals = [store.removal(file, "bucket", str(file.bucket)) for file in replaced]
        apps = [(BUCKETS_APP, buckets)]
        if before.superseded.path:
            left = superseding.settled(store.folder, store.snapshot().superseded, before.superseded.revision)
            apps.append((SUPERSEDED_APP, left.version))
        if store.snapshot().is_uneven and len(replaced) == len(before.files):
            apps.append((EVOLVED_APP, 0))
        store.commit(delta, [*adds, *removals], "bucket", apps)


@contextmanager
def _connection(store: FactStore) -> Iterator[duckdb.DuckDBPyConnection]:
    spill = store.draft(".spill")
    connection = open_instance(store.folder.parent, spill, threads=2, memory=_MEMORY)
    try:
        yield connection
    except duckdb.Error as error:
        raise Unavailable(f"the lake's {store.name} could not be folded, nothing was changed: {error}") from error
    finally:
        connection.close()
        shutil.rmtree(spill, ignore_errors=True)
