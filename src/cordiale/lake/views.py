"""The SQL of the views a query reads: facts with aliases resolved, traits of a day.

File paths are the lake's own, quoted; nothing a person typed enters here.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date

import pyarrow as pa

from cordiale.ids import BUCKET_SQL
from cordiale.lake.snapshots import DataFile, Snapshot
from cordiale.lake.superseding import Superseded
from cordiale.lake.tables import INTERNAL

_TYPES = {
    pa.int32(): "INTEGER",
    pa.int64(): "BIGINT",
    pa.float64(): "DOUBLE",
    pa.string(): "VARCHAR",
    pa.bool_(): "BOOLEAN",
    pa.date32(): "DATE",
    pa.timestamp("us", tz="UTC"): "TIMESTAMPTZ",
}


@dataclass(frozen=True)
class Slice:
    """The customers of one bucket out of `buckets`."""

    bucket: int
    buckets: int

    def holds(self, column: str = "customer_id") -> str:
        """The condition that a customer belongs here."""
        return f"{BUCKET_SQL.format(column=column, buckets=self.buckets)} = {self.bucket}"


def quoted(name: str) -> str:
    """An identifier, quoted."""
    return '"' + name.replace('"', '""') + '"'


def facts(snapshot: Snapshot, *, aliased: bool, files: Sequence[DataFile] | None = None) -> str:
    """All facts of a table; under `aliased`, read with the relation `_aliases` (alias_id, customer_id)."""
    rows = raw(snapshot, snapshot.files if files is None else files)
    return resolved(rows, snapshot.columns) if aliased else rows


def resolved(rows: str, columns: pa.Schema) -> str:
    """`rows` under the customer they belong to now."""
    others = "".join(f", f.{quoted(name)}" for name in names(columns) if name != "customer_id")
    return (
        f"SELECT coalesce(a.customer_id, f.customer_id) AS customer_id{others}"
        f" FROM ({rows}) f LEFT JOIN _aliases a ON a.alias_id = f.customer_id"
    )


def raw(snapshot: Snapshot, files: Iterable[DataFile]) -> str:
    """The rows of some files of a table, as written, but those that were superseded."""
    columns = names(snapshot.columns)
    paths = [file.path for file in files]
    if not paths:
        return empty(pa.schema([snapshot.columns.field(name) for name in columns]))
    rows = f"SELECT {', '.join(map(quoted, columns))} FROM {source(snapshot, paths)}"
    return f"{rows} r {unsuperseded('r', superseded_rows(snapshot.superseded))}" if snapshot.superseded.path else rows


def source(snapshot: Snapshot, paths: Iterable[str], options: str = "") -> str:
    """What to select the stored columns of some files of facts from; columns a file lacks are NULL there."""
    if not snapshot.is_uneven:
        return f"read_parquet({listed(paths)}, hive_partitioning=false{options})"
    rows = f"SELECT * FROM read_parquet({listed(paths)}, union_by_name=true, hive_partitioning=false{options})"
    stored = [field for field in snapshot.columns if field.name != "bucket"]
    return f"({empty(pa.schema(stored))} UNION ALL BY NAME {rows})"


def unsuperseded(rows: str, superseded: str) -> str:
    """The join that leaves out rows put aside by a later revision (`lake.superseding`)."""
    return f"ANTI JOIN {superseded} s ON s.order_id = {rows}.order_id AND coalesce({rows}.revision, 0) < s.revision"


def superseded_rows(state: Superseded) -> str:
    """What to join to leave out superseded rows: (order_id, revision)."""
    return f"read_parquet({listed([str(state.path)])}, hive_partitioning=false)"


def traits(snapshot: Snapshot, day: date | None) -> str:
    """One day's traits, `day` included; empty where that day has none."""
    return _by_day(snapshot, snapshot.of_day(day))


def traits_history(snapshot: Snapshot) -> str:
    """All days' traits."""
    return _by_day(snapshot, snapshot.files)


def _by_day(snapshot: Snapshot, files: Sequence[DataFile]) -> str:
    if not files:
        return empty(day_last(snapshot.columns))
    rows = (
        f"SELECT * FROM read_parquet({listed(file.path for file in files)}, union_by_name=true,"
        " hive_partitioning=true, hive_types={'day': DATE})"
    )
    # a trait declared later is NULL on earlier days
    return f"{empty(day_last(snapshot.columns))} UNION ALL BY NAME {rows}"


def day_last(columns: pa.Schema) -> pa.Schema:
    """The columns of traits as a query sees them: the day, a partition of the table, comes last."""
    return pa.schema([*(field for field in columns if field.name != "day"), columns.field("day")])


def empty(columns: pa.Schema) -> str:
    """No rows, with these columns."""
    items = ", ".join(f"CAST(NULL AS {_sql_type(field.type)}) AS {quoted(field.name)}" for field in columns)
    return f"SELECT {items} WHERE false"


def names(columns: pa.Schema) -> list[str]:
    """The columns of facts that a query sees."""
    return [name for name in columns.names if name not in INTERNAL]


def listed(paths: Iterable[str]) -> str:
    """A SQL list of strings."""
    return "[" + ", ".join("'" + path.replace("'", "''") + "'" for path in paths) + "]"


def _sql_type(kind: pa.DataType) -> str:
    if pa.types.is_decimal(kind):
        return f"DECIMAL({kind.precision}, {kind.scale})"
    return _TYPES[kind]
