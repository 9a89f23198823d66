"""Writing facts: appended to the unfolded partition, and put in their buckets by folds."""

from __future__ import annotations

import secrets
from collections.abc import Callable, Sequence
from pathlib import Path

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
from deltalake import DeltaTable, Schema
from deltalake.transaction import AddAction

from cordiale.lake import superseding, tables
from cordiale.lake.snapshots import EVOLVED_APP, DataFile, Snapshot
from cordiale.lake.store import RETENTION_HOURS, ROW_GROUP, DeltaStore, encoding, of_applications, told
from cordiale.lake.superseding import SUPERSEDED_APP
from cordiale.lake.syncing import sync

Present = Callable[[Snapshot, Sequence[DataFile]], pa.Array]
"""Which of the wanted orders have rows in some files of a snapshot."""
_LOOKS = 3


class FactStore(DeltaStore):
    """A table of facts: rows are appended to the unfolded partition, folds put them in their buckets."""

    partition = "bucket"

    def __init__(self, lake: Path, table: tables.FactTable) -> None:
        super().__init__(lake, table.name, table.schema)
        self.table = table

    def append(self, rows: pa.Table, app: tuple[str, int] | None = None) -> bool:
        """Add rows in one commit; False when `app` already wrote its version or a later one.

        Raises RowsRefused where rows do not fit the table; nothing is written then.
        """
        rows = self._sorted(rows)
        with told(self.name), self.writing():
            delta = self.open()
            if app and _is_written(delta, app):
                return False
            if rows.num_rows:
                self._add(delta, rows, self.snapshot().superseded.revision, [app] if app else [])
        return True

    def replace(self, order_ids: pa.Array, rows: pa.Table, app: tuple[str, int] | None, present: Present) -> bool:
        """From this commit on the orders have exactly these rows; False when `app` already wrote its version.

        Only orders that have rows now are noted as superseded: a new order costs later readers nothing.
        """
        rows = self._sorted(rows)
        others = pc.invert(pc.is_in(rows["order_id"], order_ids)) if rows.num_rows else pa.array([], pa.bool_())
        if pc.any(others).as_py():
            raise tables.RowsRefused(f"'{rows.filter(others)['order_id'][0].as_py()}' is not among the replaced orders")
        for look in range(_LOOKS):
            seen = self.snapshot()
            found = present(seen, seen.files)
            with told(self.name), self.writing():
                delta, now = self.open(), self.snapshot()
                late = now.since(seen)
                if look < _LOOKS - 1 and any(file.bucket != tables.UNFOLDED for file in late):
                    continue  # a fold came between; a second look is better taken outside the lock
                if app and _is_written(delta, app):
                    return False
                found = pa.concat_arrays([found, present(now, late)]).unique() if late else found
                self._supersede(delta, found, rows, app)
                return True
        raise AssertionError("the last look always writes")

    def _supersede(self, delta: DeltaTable, found: pa.Array, rows: pa.Table, app: tuple[str, int] | None) -> None:
        apps, state = [app] if app else [], self.snapshot().superseded
        if len(found):
            state = superseding.put_aside(self.folder, state, found)
            apps.append((SUPERSEDED_APP, state.version))
        if rows.num_rows or apps:
            self._add(delta, rows, state.revision, apps)

    def open(self) -> DeltaTable:
        """The table at its newest version, with all columns we know. Call it under the write lock."""
        delta = self.open_or_create(self.table.schema, "bucket")
        present = {field.name for field in delta.schema().fields}
        lacking = [field for field in self.table.schema if field.name not in present]
        if lacking:
            delta.alter.add_columns(
                Schema.from_arrow(pa.schema(lacking)).fields, commit_properties=of_applications([(EVOLVED_APP, 1)])
            )
        return delta

    def vacuum(self, *, retention_hours: int = RETENTION_HOURS) -> int:
        """Delete files no version of the last hours needs; how many."""
        deleted = super().vacuum(retention_hours=retention_hours)
        with self.writing():
            superseding.sweep(self.folder, self.snapshot().superseded, older_than_seconds=retention_hours * 3600)
        return deleted

    def _sorted(self, rows: pa.Table) -> pa.Table:
        keys = [(key, "ascending") for key in self.table.sort_keys]
        return tables.conform(rows, self.table.columns, self.name).sort_by(keys)

    def _add(self, delta: DeltaTable, rows: pa.Table, revision: int, apps: Sequence[tuple[str, int]]) -> None:
        """Write rows as one unfolded file and commit it, under the write lock."""
        added: list[AddAction] = []
        if rows.num_rows:
            if tables.REVISION.name in self.table.stored.names:
                stamp = pa.scalar(revision or None, tables.REVISION.type)
                rows = rows.append_column(tables.REVISION, pa.repeat(stamp, rows.num_rows))
            final = self.folder / f"bucket={tables.UNFOLDED}" / f"{secrets.token_hex(8)}.parquet"
            final.parent.mkdir(exist_ok=True)
            pq.write_table(rows, final, row_group_size=ROW_GROUP, **encoding(rows.schema))
            sync(final)
            sync(final.parent)
            added.append(self.addition(final, "bucket", str(tables.UNFOLDED)))
        self.commit(delta, added, "bucket", apps)


def _is_written(delta: DeltaTable, app: tuple[str, int]) -> bool:
    written = delta.transaction_version(app[0])
    return written is not None and written >= app[1]
