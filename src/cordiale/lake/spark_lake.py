"""The lake where Apache Spark computes: what goes over everybody runs there, look-ups of a few stay with DuckDB.

Both read the same snapshot of the same files. A statement that Spark would read differently is DuckDB's as well, so the
engine changes where something is computed and never what comes out.
"""

from __future__ import annotations

import logging
from collections.abc import Iterator, Sequence
from datetime import date
from typing import Any

import pyarrow as pa

from cordiale.lake import buckets, dialect, state
from cordiale.lake.dialect import NotPortable
from cordiale.lake.lake import Lake, require_free
from cordiale.lake.spark import SparkEngine
from cordiale.lake.state import State
from cordiale.lake.stopping import Stop

_log = logging.getLogger(__name__)


class SparkLake(Lake):
    """Writes like any lake; computes on Spark. Rows come in the types DuckDB would give them."""

    name = SparkEngine.name

    def _answer(
        self,
        now: State,
        sql: str,
        day: date | None,
        customers: pa.Array | None,
        bind: Sequence[Any] | None,
        relations: dict[str, pa.Table],
        stop: Stop,
    ) -> pa.Table:
        if customers is not None or not _is_portable(sql):
            return super()._answer(now, sql, day, customers, bind, relations, stop)
        shape = self._shape(now, sql, day, bind, relations)
        return _shaped(SparkEngine(self).answer(now, sql, day, bind, relations, stop), shape)

    def per_customer(
        self, sql: str, day: date | None = None, *, stop: Stop | None = None, **relations: pa.Table
    ) -> Iterator[pa.Table]:
        """As `Lake.per_customer`, computed at once by all workers; which customers come together may differ."""
        if not _is_portable(sql):
            yield from super().per_customer(sql, day, stop=stop, **relations)
            return
        require_free(relations)
        now, relations = self.state(), {name: _wide(table) for name, table in relations.items()}
        shape = self._shape(now, sql, day, None, relations)
        many = len(buckets.parts(now, state.named(sql)))
        for part in SparkEngine(self).parts(now, sql, day, relations, many, stop or Stop()):
            yield _shaped(part, shape)

    def _shape(
        self, now: State, sql: str, day: date | None, bind: Sequence[Any] | None, relations: dict[str, pa.Table]
    ) -> pa.Schema:
        """The columns of the answer as DuckDB names and types them, learnt from tables without rows."""
        nothing = {name: table.slice(0, 0) for name, table in relations.items()}
        return super()._answer(now.emptied(), sql, day, None, bind, nothing, Stop()).schema


def _is_portable(sql: str) -> bool:
    try:
        dialect.require_portable(sql)
    except NotPortable as reason:
        _log.info("DuckDB answers, because %s", reason)
        return False
    return True


def _wide(table: pa.Table) -> pa.Table:
    """The table as SQL sees it: numbers of customers have 64 bits."""
    place = table.schema.get_field_index("customer_id")
    if place < 0 or table.schema.field(place).type != pa.int32():
        return table
    return table.set_column(place, "customer_id", table.column(place).cast(pa.int64()))


def _shaped(rows: pa.Table, shape: pa.Schema) -> pa.Table:
    columns = [column.cast(field.type) for column, field in zip(rows.columns, shape, strict=True)]
    return pa.Table.from_arrays(columns, schema=shape)
