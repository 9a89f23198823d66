"""Writing the Delta tables. Any moment may be the last of the process: a commit is one file made in one step.

New files are drafted in `_drafts/<table>` of the lake and moved into their table just before the commit names them, all
under the table's write lock. Who dies before leaves drafts and orphans, which the next maintenance sweeps.
"""

from __future__ import annotations

import secrets
import shutil
import time
from collections.abc import Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
from deltalake import (
    CommitProperties,
    DeltaTable,
    PostCommitHookProperties,
    Transaction,
    WriterProperties,
    write_deltalake,
)
from deltalake.exceptions import CommitFailedError, DeltaError
from deltalake.transaction import AddAction, RemoveAction

from cordiale.errors import Unavailable
from cordiale.lake import tables
from cordiale.lake.snapshots import DataFile, Snapshot, SnapshotCache, require_known_features, statistics
from cordiale.lake.syncing import sync, sync_log
from cordiale.locks import exclusive

ROW_GROUP = 122_880
WRITE_PATIENCE, MAINTENANCE_PATIENCE = 60.0, 600.0
_CONFIGURATION = {
    "delta.checkpointInterval": "100",
    "delta.logRetentionDuration": "interval 6 hours",
    "delta.deletedFileRetentionDuration": "interval 1 hours",
    "delta.dataSkippingStatsColumns": "customer_id",
}
RETENTION_HOURS = 1
"""A removed file stays this long for the queries that still read it."""
_HOOKS = PostCommitHookProperties(create_checkpoint=True, cleanup_expired_logs=True)
_OVERWRITTEN = WriterProperties(compression="ZSTD", compression_level=1, max_row_group_size=ROW_GROUP)


@contextmanager
def told(table: str) -> Iterator[None]:
    """Say what went wrong with a table's files in words a person can act on."""
    try:
        yield
    except CommitFailedError as error:
        raise Unavailable(f"another tool changed the lake's {table} meanwhile; nothing was written: {error}") from error
    except (DeltaError, OSError) as error:
        raise Unavailable(f"the lake's {table} cannot be written, nothing was changed: {error}") from error


class DeltaStore:
    """One Delta table of the lake: its folder, its locks, its newest snapshot."""

    def __init__(self, lake: Path, name: str, empty: pa.Schema) -> None:
        self.name = name
        self.folder = lake / name
        self.drafts = lake / "_drafts" / name
        self._locks = lake / "_locks"
        self._cache = SnapshotCache(self.folder, empty)

    def snapshot(self) -> Snapshot:
        """The table as it is now."""
        return self._cache.newest()

    def writing(self) -> AbstractContextManager[None]:
        """Hold the table's write lock: short, around one commit."""
        return exclusive(self._locks / f"{self.name}.write", patience=WRITE_PATIENCE, doing=f"writing {self.name}")

    def maintaining(self) -> AbstractContextManager[None]:
        """Hold the table's maintenance lock: one writer at a time rewrites or removes files."""
        path = self._locks / f"{self.name}.maintenance"
        return exclusive(path, patience=MAINTENANCE_PATIENCE, doing=f"rewriting {self.name}")

    def open_or_create(self, schema: pa.Schema, partition: str | None) -> DeltaTable:
        """The table at its newest version. Call it under the write lock."""
        if not DeltaTable.is_deltatable(str(self.folder)):
            return DeltaTable.create(
                self.folder, schema, mode="ignore", partition_by=partition, configuration=_CONFIGURATION
            )
        table = DeltaTable(self.folder)
        require_known_features(table)
        return table

    def commit(
        self,
        table: DeltaTable,
        changes: Sequence[AddAction | RemoveAction],
        partition: str,
        apps: Sequence[tuple[str, int]] = (),
    ) -> None:
        """Add and remove files in one commit, under the write lock; it is on the disk when this returns."""
        version = table.version()
        table.create_write_transaction(
            list(changes),
            "append",
            table.schema(),
            partition_by=[partition],
            commit_properties=of_applications(apps),
            post_commithook_properties=_HOOKS,
        )
        sync_log(self.folder / "_delta_log", version)

    def draft(self, suffix: str = ".parquet") -> Path:
        """A new path in the drafts, on the same file system as the table."""
        self.drafts.mkdir(parents=True, exist_ok=True)
        return self.drafts / f"{secrets.token_hex(8)}{suffix}"

    def place(self, draft: Path, partition: str, value: str) -> AddAction:
        """Move a drafted file into its partition; the action that adds it to the table."""
        relative = f"{partition}={value}/{draft.name}"
        final = self.folder / relative
        final.parent.mkdir(exist_ok=True)
        sync(draft)
        draft.rename(final)
        sync(final.parent)
        return self.addition(final, partition, value)

    def addition(self, final: Path, partition: str, value: str) -> AddAction:
        """The action that adds a file in its partition to the table."""
        rows, lowest, highest = _extent(final)
        return AddAction(
            str(final.relative_to(self.folder)),
            final.stat().st_size,
            {partition: value},
            time.time_ns() // 1_000_000,
            False,
            statistics(rows=rows, lowest=lowest, highest=highest),
        )

    def removal(self, file: DataFile, partition: str, value: str) -> RemoveAction:
        """The action that removes an active file from the table (the file itself stays for a while)."""
        relative = str(Path(file.path).relative_to(self.folder))
        return RemoveAction(relative, False, time.time_ns() // 1_000_000, file.size, {partition: value})

    def sweep_drafts(self) -> None:
        """Throw away what killed writers left in the drafts. Call it under the maintenance lock."""
        shutil.rmtree(self.drafts, ignore_errors=True)

    def vacuum(self, *, retention_hours: int = RETENTION_HOURS) -> int:
        """Delete files no version of the last hours needs; how many. Takes both locks."""
        with self.maintaining(), self.writing():
            self.sweep_drafts()
            if not DeltaTable.is_deltatable(str(self.folder)):
                return 0
            table = DeltaTable(self.folder)
            dead = table.vacuum(retention_hours, dry_run=True, enforce_retention_duration=False, full=True)
            if dead:
                table.vacuum(retention_hours, dry_run=False, enforce_retention_duration=False, full=True)
            return len(dead)


class AliasStore(DeltaStore):
    """Which customer's facts a merged id's are: a small table, replaced as a whole."""

    def __init__(self, lake: Path) -> None:
        super().__init__(lake, "aliases", tables.ALIASES)

    def publish(self, rows: pa.Table) -> None:
        """Replace all aliases by `rows` (alias_id, customer_id)."""
        rows = tables.conform(rows, tables.ALIASES, self.name).sort_by("alias_id")
        with told(self.name), self.writing():
            self._overwrite(self.open_or_create(tables.ALIASES, None), rows)
        self.vacuum()

    def forget(self, ids: pa.Array) -> None:
        """Leave out the aliases that name one of these ids."""
        with told(self.name), self.writing():
            files = self.snapshot().files
            if not files:
                return
            rows = pa.concat_tables([pq.read_table(file.path) for file in files]).cast(tables.ALIASES)
            named = pc.or_(pc.is_in(rows["alias_id"], ids), pc.is_in(rows["customer_id"], ids))
            if pc.any(named).as_py():
                self._overwrite(self.open_or_create(tables.ALIASES, None), rows.filter(pc.invert(named)))

    def _overwrite(self, table: DeltaTable, rows: pa.Table) -> None:
        version = table.version()
        write_deltalake(
            table, rows, mode="overwrite", writer_properties=_OVERWRITTEN, post_commithook_properties=_HOOKS
        )
        for file in self.snapshot().files:
            sync(Path(file.path))
        sync(self.folder)
        sync_log(self.folder / "_delta_log", version)


def of_applications(apps: Sequence[tuple[str, int]]) -> CommitProperties | None:
    """What a commit says of the versions of applications."""
    return CommitProperties(app_transactions=[Transaction(*app) for app in apps]) if apps else None


def encoding(columns: pa.Schema) -> dict[str, Any]:
    """How rows are written: dictionaries of what hardly repeats, and decimals as bytes, cost a third of every scan."""
    return {
        "compression": "zstd",
        "use_dictionary": [field.name for field in columns if pa.types.is_string(field.type)],
        "store_decimal_as_integer": True,
    }


def _extent(path: Path) -> tuple[int, int, int]:
    """Rows of a Parquet file, and its lowest and highest customer_id."""
    metadata = pq.read_metadata(path)
    place = metadata.schema.names.index("customer_id")
    groups = [metadata.row_group(number).column(place).statistics for number in range(metadata.num_row_groups)]
    return metadata.num_rows, min(group.min for group in groups), max(group.max for group in groups)
