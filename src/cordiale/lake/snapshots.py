"""What a Delta table consists of at one version: the list of its files, never the content of its folder.

The folder also holds files that are no longer, or not yet, part of the table.
"""

from __future__ import annotations

import json
import threading
from dataclasses import dataclass, field, replace
from datetime import date
from functools import cached_property
from pathlib import Path
from urllib.parse import unquote

import pyarrow as pa
from deltalake import DeltaTable
from deltalake.exceptions import DeltaError, TableNotFoundError

from cordiale.errors import Unavailable
from cordiale.lake.superseding import SUPERSEDED_APP, Superseded, superseded_at
from cordiale.lake.tables import UNFOLDED

BUCKETS_APP = "cordiale-buckets"
"""The Delta application whose version is the number of buckets: it changes in the very commit that moves the rows."""
EVOLVED_APP = "cordiale-evolved"
"""Its version is 1 while some files may lack columns that were added to their table later."""


@dataclass(frozen=True, kw_only=True)
class DataFile:
    """One active Parquet file. `bucket` and `day` are its partition values, where the table has such partitions."""

    path: str
    rows: int
    size: int
    bucket: int = UNFOLDED
    day: date | None = None


@dataclass(frozen=True, kw_only=True)
class Snapshot:
    """A table at one version. `version` is −1 and `files` empty for a table nothing was written to yet.

    `is_uneven`: some files may lack some of the columns, which then read as NULL.
    """

    version: int
    files: tuple[DataFile, ...]
    buckets: int
    columns: pa.Schema
    is_uneven: bool = False
    superseded: Superseded = field(default_factory=Superseded)

    @cached_property
    def rows(self) -> int:
        """How many rows there are."""
        return sum(file.rows for file in self.files)

    @cached_property
    def unfolded(self) -> tuple[DataFile, ...]:
        """The files no fold has put in their place yet."""
        return tuple(file for file in self.files if file.bucket == UNFOLDED)

    @cached_property
    def days(self) -> tuple[date, ...]:
        """The days that have rows, ascending (tables partitioned by day)."""
        return tuple(sorted({file.day for file in self.files if file.day is not None}))

    def emptied(self) -> Snapshot:
        """The same table without rows."""
        return replace(self, files=(), superseded=Superseded())

    def of_day(self, day: date | None) -> tuple[DataFile, ...]:
        """The files of one day (tables partitioned by day)."""
        return tuple(file for file in self.files if file.day == day and day is not None)

    def of_buckets(self, buckets: set[int]) -> list[DataFile]:
        """The files that may hold rows of these buckets: theirs, and the unfolded ones."""
        return [file for file in self.files if file.bucket == UNFOLDED or file.bucket in buckets]

    def since(self, earlier: Snapshot) -> list[DataFile]:
        """The files that were not there `earlier`."""
        known = {file.path for file in earlier.files}
        return [file for file in self.files if file.path not in known]


class SnapshotCache:
    """The newest snapshot of one table; looking whether there is a newer one costs three `stat` calls.

    A table written before some of the `expected` columns were thought of is read as if it had them.
    """

    def __init__(self, folder: Path, expected: pa.Schema) -> None:
        self._folder = folder
        self._log = folder / "_delta_log"
        self._empty = Snapshot(version=-1, files=(), buckets=1, columns=expected)
        self._guard = threading.Lock()
        self._table: DeltaTable | None = None
        self._snapshot = self._empty
        self._checkpointed_at = 0
        self._identity = (0, 0)

    def newest(self) -> Snapshot:
        """The table as it is now. Raises Unavailable where the log cannot be read."""
        with self._guard:
            if self._is_stale():
                try:
                    self._read()
                except TableNotFoundError:
                    self._table, self._snapshot = None, self._empty
                except (DeltaError, OSError) as error:
                    raise Unavailable(f"the lake's table {self._folder.name} cannot be read: {error}") from error
            return self._snapshot

    def _is_stale(self) -> bool:
        if self._table is None:
            return self._log.is_dir()
        version = self._snapshot.version
        return self._commit(version + 1).exists() or not self._is_same_table(version)

    def _commit(self, version: int) -> Path:
        return self._log / f"{version:020}.json"

    def _is_same_table(self, version: int) -> bool:
        """Is the log the one we read? It may have been deleted and begun anew, or cut off before a checkpoint."""
        return self._checkpoint() == self._checkpointed_at and _identity(self._commit(version)) == self._identity

    def _checkpoint(self) -> int:
        """When the last checkpoint was written: log files before it may be gone, so `following` alone is no proof."""
        try:
            return (self._log / "_last_checkpoint").stat().st_mtime_ns
        except FileNotFoundError:
            return 0

    def _read(self) -> None:
        checkpointed_at = self._checkpoint()
        table = self._table
        if table is not None and self._is_same_table(self._snapshot.version):
            table.update_incremental()
        else:
            table = DeltaTable(self._folder)
        require_known_features(table)
        present = pa.schema(table.schema())
        lacking = [column for column in self._empty.columns if column.name not in present.names]
        self._snapshot = Snapshot(
            version=table.version(),
            files=_files(table, self._folder),
            buckets=table.transaction_version(BUCKETS_APP) or 1,
            columns=pa.schema([*present, *lacking]),
            is_uneven=bool(lacking or table.transaction_version(EVOLVED_APP)),
            superseded=superseded_at(self._folder, table.transaction_version(SUPERSEDED_APP) or 0),
        )
        self._table, self._checkpointed_at = table, checkpointed_at
        self._identity = _identity(self._commit(table.version()))


def _identity(path: Path) -> tuple[int, int]:
    """Which file this is; zeros where there is none."""
    try:
        found = path.stat()
    except FileNotFoundError:
        return 0, 0
    return found.st_ino, found.st_mtime_ns


def require_known_features(table: DeltaTable) -> None:
    """Refuse a table that a reader of plain Parquet files would misread (deletion vectors, column mapping …)."""
    protocol = table.protocol()
    features = set(protocol.reader_features or ())
    if protocol.min_reader_version > 1 or features:
        raise Unavailable(
            f"{table.table_uri} needs reader version {protocol.min_reader_version}"
            f" ({', '.join(sorted(features)) or 'column mapping'}), which Cordiale does not know;"
            " rewrite the table without these features"
        )


def _files(table: DeltaTable, folder: Path) -> tuple[DataFile, ...]:
    actions = pa.table(table.get_add_actions(flatten=True)).to_pylist()
    return tuple(_file(action, folder) for action in actions)


def _file(action: dict[str, object], folder: Path) -> DataFile:
    bucket, day = action.get("partition.bucket"), action.get("partition.day")
    rows = action.get("num_records")
    return DataFile(
        path=str(folder / unquote(str(action["path"]))),
        rows=rows if isinstance(rows, int) else 0,
        size=int(str(action["size_bytes"])),
        bucket=bucket if isinstance(bucket, int) else UNFOLDED,
        day=day if isinstance(day, date) else None,
    )


def statistics(*, rows: int, lowest: int, highest: int) -> str:
    """The statistics of an added file, as Delta writes them: its rows and the range of `customer_id`."""
    return json.dumps(
        {
            "numRecords": rows,
            "minValues": {"customer_id": lowest},
            "maxValues": {"customer_id": highest},
            "nullCount": {"customer_id": 0},
        }
    )
