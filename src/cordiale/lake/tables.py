"""The tables of the lake: columns, types, and the order rows are sorted in."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import pyarrow as pa
import pyarrow.compute as pc

from cordiale.errors import CordialeError, NotFound

INSTANT = pa.timestamp("us", tz="UTC")
MONEY = pa.decimal128(12, 2)
UNFOLDED = -1
"""The bucket of rows that no fold has put in their place yet."""
SUPERSEDABLE = "order_lines"
"""The table whose rows can be superseded, by their order."""
REVISION = pa.field("revision", pa.int64())
"""At which revision of its table a row was written (NULL: before there was any); see `lake.superseding`."""
INTERNAL = frozenset({"bucket", REVISION.name})
"""Columns of fact tables that are the lake's own business."""


class RowsRefused(CordialeError):
    """Rows do not fit the table. Nothing was written."""


@dataclass(frozen=True, kw_only=True)
class FactTable:
    """A table of facts, partitioned by `bucket`. `columns` are those a query sees; the lake's own are left out."""

    name: str
    columns: pa.Schema
    sort_keys: tuple[str, ...]

    @property
    def stored(self) -> pa.Schema:
        """What a file holds: the columns, and the revision where rows can be superseded."""
        return self.columns.append(REVISION) if self.name == SUPERSEDABLE else self.columns

    @property
    def schema(self) -> pa.Schema:
        """What Delta knows: `bucket` first."""
        return pa.schema([pa.field("bucket", pa.int32(), nullable=False), *self.stored])


def _fact(table: str, sort_keys: tuple[str, ...], optional: tuple[str, ...], /, **columns: pa.DataType) -> FactTable:
    fields = {"customer_id": pa.int64(), "ts": INSTANT, **columns}
    schema = pa.schema([pa.field(column, kind, nullable=column in optional) for column, kind in fields.items()])
    return FactTable(name=table, columns=schema, sort_keys=("customer_id", "ts", *sort_keys))


_text = pa.string()
FACTS: Mapping[str, FactTable] = {
    table.name: table
    for table in (
        _fact(
            "order_lines",
            ("order_id", "line_no"),
            ("category", "department", "brand", "store", "channel", "source"),
            order_id=_text,
            line_no=pa.int32(),
            product_id=_text,
            category=_text,
            department=_text,
            brand=_text,
            store=_text,
            channel=_text,
            quantity=pa.int32(),
            amount=MONEY,
            discount=MONEY,
            source=_text,
        ),
        _fact(
            "events",
            ("event_id",),
            ("properties", "source", "category", "topic", "product_id", "seconds"),
            event_id=_text,
            name=_text,
            properties=_text,
            source=_text,
            category=_text,
            topic=_text,
            product_id=_text,
            seconds=pa.int32(),
        ),
        _fact(
            "messages",
            ("message_id", "kind"),
            ("programme", "step", "purpose", "source"),
            message_id=_text,
            programme=_text,
            step=_text,
            channel=_text,
            purpose=_text,
            kind=_text,
            source=_text,
        ),
        _fact(
            "answers",
            ("answer_id",),
            ("value", "text", "channel", "source"),
            answer_id=_text,
            survey=_text,
            question=_text,
            kind=_text,
            value=pa.float64(),
            text=_text,
            channel=_text,
            source=_text,
        ),
    )
}
ALIASES = pa.schema(
    [pa.field("alias_id", pa.int64(), nullable=False), pa.field("customer_id", pa.int64(), nullable=False)]
)
TRAITS_KEY = pa.field("customer_id", pa.int64(), nullable=False)
TRAIT_TYPES = (pa.int64(), pa.int32(), pa.float64(), pa.string(), pa.bool_(), pa.date32(), INSTANT)


def fact_table(name: str) -> FactTable:
    """The table called `name`. Raises NotFound."""
    try:
        return FACTS[name]
    except KeyError:
        raise NotFound(f"the lake has no table '{name}'; it has {', '.join(FACTS)}") from None


def conform(rows: pa.Table, schema: pa.Schema, table: str) -> pa.Table:
    """`rows` with exactly the columns and types of `schema`, no value lost. Raises RowsRefused naming the column.

    A column that may be null may be absent; a given `bucket` is dropped, for the lake alone decides on it.
    """
    unknown = [name for name in rows.column_names if name not in schema.names and name != "bucket"]
    if unknown:
        raise RowsRefused(f"{table} has no column '{unknown[0]}'; it has {', '.join(schema.names)}")
    return pa.table([_column(rows, field, table) for field in schema], schema=schema)


def _column(rows: pa.Table, field: pa.Field, table: str) -> pa.ChunkedArray:
    if field.name not in rows.column_names:
        if not field.nullable:
            raise RowsRefused(f"{table}: column '{field.name}' is missing")
        return pa.chunked_array([pa.nulls(rows.num_rows, field.type)])
    values = rows.column(field.name)
    if pa.types.is_timestamp(field.type) and (not pa.types.is_timestamp(values.type) or values.type.tz is None):
        raise RowsRefused(f"{table}.{field.name} holds {values.type}; give instants with a zone (timestamp, UTC)")
    if not field.nullable and values.null_count:
        first = pc.index(values.is_null(), True).as_py()
        raise RowsRefused(f"{table}.{field.name} is empty in row {first}; it must have a value")
    try:
        return values.cast(field.type)
    except (pa.ArrowInvalid, pa.ArrowNotImplementedError) as error:
        raise RowsRefused(f"{table}.{field.name} must be {field.type}, not {values.type}: {error}") from error
