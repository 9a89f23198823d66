"""Writing the Delta tables. Any moment may be the last of the process: a commit is one file made in one step.

New files are drafted in `_drafts/<table>` of the lake and moved into their table just before the commit names them, all
under the table's write lock. Who dies before leaves drafts and orphans, which the next maintenance sweeps.
"""

from __future__ import annotations

import secrets
import shutil
import time
from collections.abc import Iterable, Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager
from datetime import date
from pathlib import Path
from typing import Literal

import pyarrow as pa
import pyarrow.parquet as pq
from deltalake import (
    CommitProperties,
    DeltaTable,
    PostCommitHookProperties,
    Schema,
    Transaction,
    WriterProperties,
    write_deltalake,
)
from deltalake.exceptions import CommitFailedError, DeltaError
from deltalake.transaction import AddAction, RemoveAction

from cordiale.errors import Unavailable
from cordiale.lake import tables
from cordiale.lake.snapshots import DataFile, Snapshot, SnapshotCache, require_known_features, statistics
from cordiale.locks import exclusive

ROW_GROUP = 122_880
WRITE_PATIENCE, MAINTENANCE_PATIENCE = 60.0, 600.0
_CONFIGURATION = {
    "delta.checkpointInterval": "100",
    "delta.logRetentionDuration": "interval 6 hours",
    "delta.deletedFileRetentionDuration": "interval 1 hours",
    "delta.dataSkippingStatsColumns": "customer_id",
}
_RETENTION_HOURS = 1
"""A removed file stays this long for the queries that still read it."""
_HOOKS = PostCommitHookProperties(create_checkpoint=True, cleanup_expired_logs=True)
_APPENDED = WriterProperties(compression="ZSTD", compression_level=1, max_row_group_size=ROW_GROUP)


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
        app: tuple[str, int] | None = None,
    ) -> None:
        """Add and remove files in one commit, under the write lock."""
        table.create_write_transaction(
            list(changes),
            "append",
            table.schema(),
            partition_by=[partition],
            commit_properties=_of_application(app),
            post_commithook_properties=_HOOKS,
        )

    def write(
        self,
        table: DeltaTable,
        rows: pa.Table,
        mode: Literal["append", "overwrite"],
        app: tuple[str, int] | None = None,
    ) -> None:
        """Write rows as one file and commit it, under the write lock."""
        write_deltalake(
            table,
            rows,
            mode=mode,
            writer_properties=_APPENDED,
            commit_properties=_of_application(app),
            post_commithook_properties=_HOOKS,
        )

    def draft(self, suffix: str = ".parquet") -> Path:
        """A new path in the drafts, on the same file system as the table."""
        self.drafts.mkdir(parents=True, exist_ok=True)
        return self.drafts / f"{secrets.token_hex(8)}{suffix}"

    def place(self, draft: Path, partition: str, value: str) -> AddAction:
        """Move a drafted file into its partition; the action that adds it to the table."""
        relative = f"{partition}={value}/{draft.name}"
        final = self.folder / relative
        final.parent.mkdir(exist_ok=True)
        draft.rename(final)
        rows, lowest, highest = _extent(final)
        return AddAction(
            relative,
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

    def vacuum(self, *, retention_hours: int = _RETENTION_HOURS) -> int:
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


class FactStore(DeltaStore):
    """A table of facts: rows are appended to the unfolded partition, folds put them in their buckets."""

    def __init__(self, lake: Path, table: tables.FactTable) -> None:
        super().__init__(lake, table.name, table.columns)
        self.table = table

    def append(self, rows: pa.Table, app: tuple[str, int] | None = None) -> bool:
        """Add rows in one commit; False when `app` already wrote its version or a later one.

        Raises RowsRefused where rows do not fit the table; nothing is written then.
        """
        rows = tables.conform(rows, self.table.columns, self.name).sort_by(
            [(key, "ascending") for key in self.table.sort_keys]
        )
        buckets = pa.array([tables.UNFOLDED], pa.int32()).take(pa.nulls(rows.num_rows, pa.int64()).fill_null(0))
        rows = rows.add_column(0, self.table.schema.field("bucket"), buckets)
        with told(self.name), self.writing():
            delta = self.open_or_create(self.table.schema, "bucket")
            if app and _is_written(delta, app):
                return False
            if rows.num_rows:
                self.write(delta, rows, "append", app)
        return True


class AliasStore(DeltaStore):
    """Which customer's facts a merged id's are: a small table, replaced as a whole."""

    def __init__(self, lake: Path) -> None:
        super().__init__(lake, "aliases", tables.ALIASES)

    def publish(self, rows: pa.Table) -> None:
        """Replace all aliases by `rows` (alias_id, customer_id)."""
        rows = tables.conform(rows, tables.ALIASES, self.name).sort_by("alias_id")
        with told(self.name), self.writing():
            self.write(self.open_or_create(tables.ALIASES, None), rows, "overwrite")
        self.vacuum()


class TraitStore(DeltaStore):
    """One row a customer and day; a day is replaced as a whole. Columns may be added from one day to the next."""

    def __init__(self, lake: Path) -> None:
        super().__init__(lake, "traits", pa.schema([tables.TRAITS_KEY, pa.field("day", pa.date32())]))

    def replace_day(self, day: date, parts: Iterable[pa.Table]) -> int:
        """Write one day's rows, atomically, in the place of those it had; how many.

        Each part becomes a file, so memory holds one part at a time. Raises RowsRefused where a column's type is not
        one of the lake's, or not what it was on other days.
        """
        with self.maintaining():
            self.sweep_drafts()
            drafts = [draft for part in parts if (draft := self._write(part)) is not None]
            with told(self.name), self.writing():
                rows = self._replace(day, drafts)
        self.vacuum()
        return rows

    def _write(self, part: pa.Table) -> tuple[Path, pa.Schema] | None:
        if "day" in part.column_names:
            part = part.drop_columns("day")
        _require_traits(part)
        if not part.num_rows:
            return None
        draft = self.draft()
        with told(self.name):
            pq.write_table(
                part.sort_by("customer_id"),
                draft,
                compression="zstd",
                row_group_size=ROW_GROUP,
                # Dictionaries of figures that hardly repeat, and decimals as bytes, cost a third of every later scan.
                use_dictionary=[field.name for field in part.schema if pa.types.is_string(field.type)],
                store_decimal_as_integer=True,
            )
        return draft, part.schema

    def _replace(self, day: date, drafts: list[tuple[Path, pa.Schema]]) -> int:
        delta = self._evolve([schema for _, schema in drafts])
        old = [file for file in self.snapshot().files if file.day == day]
        changes: list[AddAction | RemoveAction] = [self.place(draft, "day", str(day)) for draft, _ in drafts]
        changes += [self.removal(file, "day", str(day)) for file in old]
        if changes:
            self.commit(delta, changes, "day")
        return sum(file.rows for file in self.snapshot().files if file.day == day)

    def _evolve(self, schemas: list[pa.Schema]) -> DeltaTable:
        try:
            wanted = pa.unify_schemas([pa.schema([tables.TRAITS_KEY, pa.field("day", pa.date32())]), *schemas])
        except (pa.ArrowInvalid, pa.ArrowTypeError) as error:
            raise tables.RowsRefused(f"the parts of this day's traits have different types: {error}") from error
        delta = self.open_or_create(wanted, "day")
        present = pa.schema(delta.schema())
        for field in wanted:
            if field.name in present.names and present.field(field.name).type != field.type:
                raise tables.RowsRefused(
                    f"traits.{field.name} was {present.field(field.name).type} on earlier days and is now {field.type};"
                    " give the trait another name"
                )
        added = [field for field in wanted if field.name not in present.names]
        if added:
            delta.alter.add_columns(Schema.from_arrow(pa.schema(added)).fields)
        return delta


def _require_traits(part: pa.Table) -> None:
    if "customer_id" not in part.column_names or part.column("customer_id").type != pa.int64():
        raise tables.RowsRefused("traits need a column 'customer_id' (int64)")
    if part.column("customer_id").null_count:
        raise tables.RowsRefused("traits.customer_id is empty in some rows")
    for field in part.schema:
        if field.type not in tables.TRAIT_TYPES and not pa.types.is_decimal128(field.type):
            raise tables.RowsRefused(f"traits.{field.name} is {field.type}, which the lake does not keep")


def _of_application(app: tuple[str, int] | None) -> CommitProperties | None:
    return CommitProperties(app_transactions=[Transaction(*app)]) if app else None


def _is_written(delta: DeltaTable, app: tuple[str, int]) -> bool:
    written = delta.transaction_version(app[0])
    return written is not None and written >= app[1]


def _extent(path: Path) -> tuple[int, int, int]:
    """Rows of a Parquet file, and its lowest and highest customer_id."""
    metadata = pq.read_metadata(path)
    place = metadata.schema.names.index("customer_id")
    groups = [metadata.row_group(number).column(place).statistics for number in range(metadata.num_row_groups)]
    return metadata.num_rows, min(group.min for group in groups), max(group.max for group in groups)
