"""The fold: unfolded rows go into their buckets, sorted, in one commit.

The number of buckets is a power of two and only grows: bucket b of n is split into b and b + n of 2 n.
"""

from __future__ import annotations

import shutil
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

import duckdb

from cordiale.errors import Unavailable
from cordiale.ids import BUCKET_SQL
from cordiale.lake.engine import open_instance
from cordiale.lake.snapshots import BUCKETS_APP, DataFile, Snapshot
from cordiale.lake.store import ROW_GROUP, FactStore, told
from cordiale.lake.tables import UNFOLDED
from cordiale.lake.views import listed, quoted

ROWS_A_BUCKET = 2_000_000
MOST_BUCKETS = 32_768
_MEMORY = "3GB"


def fold(store: FactStore, rows_a_bucket: int = ROWS_A_BUCKET) -> int:
    """Rewrite the buckets that get rows; how many rows were unfolded. Appends go on meanwhile."""
    with store.maintaining():
        store.sweep_drafts()
        before = store.snapshot()
        if not before.unfolded:
            return 0
        buckets = buckets_for(before.rows, before.buckets, rows_a_bucket)
        with told(store.name):
            with _connection(store) as connection:
                plan = _Plan(store, before, buckets, connection)
                drafts = plan.draft_buckets()
            _commit(store, plan.replaced(drafts), drafts, buckets)
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

    def draft_buckets(self) -> dict[int, Path]:
        """One sorted file for each bucket that changes."""
        fresh = self._split()
        doubled = self._buckets != self._before.buckets
        changing = range(self._buckets) if doubled else sorted(fresh)
        drafts = {bucket: self._draft(bucket, self._old(bucket), fresh.get(bucket, [])) for bucket in changing}
        return {bucket: draft for bucket, draft in drafts.items() if draft is not None}

    def replaced(self, drafts: dict[int, Path]) -> list[DataFile]:
        """The files the drafts stand for: all unfolded ones, and the old ones of the buckets rewritten."""
        rewritten = {bucket % self._before.buckets for bucket in drafts}
        return [file for file in self._before.files if file.bucket == UNFOLDED or file.bucket in rewritten]

    def _old(self, bucket: int) -> list[str]:
        return [
            file.path
            for file in self._before.files
            if file.bucket != UNFOLDED and file.bucket == bucket % self._before.buckets
        ]

    def _split(self) -> dict[int, list[str]]:
        """Unfolded rows by bucket: one pass over them, however many buckets there are."""
        paths = [file.path for file in self._before.unfolded]
        if self._buckets == 1:
            return {0: paths}
        folder = self._store.draft("")
        bucket = BUCKET_SQL.format(column="customer_id", buckets=self._buckets)
        self._connection.execute(
            f"COPY (SELECT *, CAST({bucket} AS INTEGER) AS bucket FROM read_parquet({listed(paths)},"
            f" hive_partitioning=false)) TO '{folder}' (FORMAT parquet, COMPRESSION lz4_raw, PARTITION_BY (bucket))"
        )
        return {
            int(part.name.removeprefix("bucket=")): [str(path) for path in part.glob("*.parquet")]
            for part in folder.iterdir()
        }

    def _draft(self, bucket: int, old: Sequence[str], fresh: Sequence[str]) -> Path | None:
        columns = ", ".join(map(quoted, self._store.table.columns.names))
        keys = ", ".join(self._store.table.sort_keys)
        mine = BUCKET_SQL.format(column="customer_id", buckets=self._buckets)
        paths = [*old, *fresh]
        if not paths:
            return None
        draft = self._store.draft()
        rows = self._connection.execute(
            f"COPY (SELECT {columns} FROM read_parquet({listed(paths)}, hive_partitioning=false)"
            f" WHERE {mine} = {bucket} ORDER BY {keys})"
            f" TO '{draft}' (FORMAT parquet, COMPRESSION zstd, ROW_GROUP_SIZE {ROW_GROUP})"
        ).fetchone()
        return draft if rows and rows[0] else None


def _commit(store: FactStore, replaced: Sequence[DataFile], drafts: dict[int, Path], buckets: int) -> None:
    with store.writing():
        delta = store.open_or_create(store.table.schema, "bucket")
        adds = [store.place(draft, "bucket", str(bucket)) for bucket, draft in drafts.items()]
        removals = [store.removal(file, "bucket", str(file.bucket)) for file in replaced]
        store.commit(delta, [*adds, *removals], "bucket", app=(BUCKETS_APP, buckets))


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
