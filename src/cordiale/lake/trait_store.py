"""The traits by day."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
from deltalake import DeltaTable, Schema
from deltalake.transaction import AddAction, RemoveAction

from cordiale.lake import tables
from cordiale.lake.store import ROW_GROUP, DeltaStore, encoding, told

_KEY = pa.schema([tables.TRAITS_KEY, pa.field("day", pa.date32())])


class TraitStore(DeltaStore):
    """One row a customer and day; a day is replaced as a whole. Columns may be added from one day to the next."""

    partition = "day"

    def __init__(self, lake: Path) -> None:
        super().__init__(lake, "traits", _KEY)

    def open(self) -> DeltaTable:
        """The table at its newest version. Call it under the write lock."""
        return self.open_or_create(_KEY, self.partition)

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
                row_group_size=ROW_GROUP,
                **encoding(part.schema),
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
            wanted = pa.unify_schemas([_KEY, *schemas])
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
