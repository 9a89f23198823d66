"""Rows of a file as values: what its columns mean, what cannot be read, what is missing."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc
from django.utils.translation import gettext as _

from cordiale.company import company
from cordiale.customers import tables
from cordiale.errors import CordialeError
from cordiale.imports.converting import Formats, convert
from cordiale.imports.mapping import FileMapping
from cordiale.imports.reading import Batch, RefusedRow
from cordiale.imports.writing.tasks import cells_of

Flags = npt.NDArray[np.bool_]
_CONVERTED = ("date", "instant", "money", "number", "integer", "boolean")


@dataclass(frozen=True)
class Problem:
    """What is wrong with some rows: where (a column of the file, empty for the row as a whole), and why."""

    column: str
    reason: str
    at: Flags


@dataclass
class Prepared:
    """The good rows of a batch: `table` by target, `batch` as in the file; the refused ones, and samples of why."""

    table: pa.Table
    batch: pa.Table
    rows: pa.Array
    refused: list[RefusedRow]
    problems: dict[tuple[str, str], list[str]] = field(default_factory=dict)


class Preparation:
    """Turns batches of a file into rows of one kind, by a mapping."""

    def __init__(self, mapping: FileMapping, columns: Sequence[str]) -> None:
        missing = [name for name in mapping.columns if name not in columns]
        if missing:
            raise CordialeError(
                _("the file has no column '%(name)s'; it has %(names)s")
                % {"name": missing[0], "names": ", ".join(columns)}
            )
        self.mapping = mapping
        self.columns = list(columns)
        self._column_of = {column.to: name for name, column in mapping.columns.items()}
        self._types = {name: mapping.target(name).type for name in mapping.given}
        self._required = {name for name in mapping.given if mapping.target(name).is_required} | {mapping.identifier}
        self._formats = Formats(dates=mapping.dates, decimal=mapping.decimal, zone=mapping.zone or company().zone)

    def prepare(self, batch: Batch) -> Prepared:
        """The rows that can be taken, and those that cannot with every reason."""
        count = batch.table.num_rows
        values: dict[str, pa.Array] = {}
        problems: list[Problem] = []
        for target, kind in self._types.items():
            converted = convert(self._cells(batch.table, target, count), self._read_as(kind), self._formats)
            values[target] = converted.values
            if converted.bad.any():
                problems.append(Problem(self._said(target), converted.reason, converted.bad))
        table = pa.table(values) if values else pa.table({})
        problems += self._missing(table)
        if self.mapping.kind == "customers":
            table, found = self._checked(table)
            problems += found
        return self._sorted(batch, table, problems)

    def _checked(self, table: pa.Table) -> tuple[pa.Table, list[Problem]]:
        """The customers' values as they are kept, and what is wrong with some."""
        fields = [name for name in table.column_names if name != "card"]
        clean, wrong = tables.validate_table(table.select(fields))
        for name in fields:
            table = table.set_column(table.column_names.index(name), name, clean.column(name))
        found = []
        for field_, reason in {(one["field"], one["reason"]) for one in wrong.select(["field", "reason"]).to_pylist()}:
            chosen = pc.and_(pc.equal(wrong["field"], field_), pc.equal(wrong["reason"], reason))
            at = np.zeros(table.num_rows, dtype=bool)
            at[wrong["row"].filter(chosen).to_numpy()] = True
            found.append(Problem(self._said(field_), reason, at))
        return table, found

    def _cells(self, table: pa.Table, target: str, count: int) -> pa.ChunkedArray:
        name = self._column_of.get(target)
        if name is not None:
            return table.column(name)
        return pa.chunked_array([pa.repeat(self.mapping.constants[target], count)])

    def _read_as(self, kind: str) -> str:
        """The customers' own check reads numbers and choices; dates it cannot: it does not know which comes first."""
        if self.mapping.kind == "customers":
            return "date" if kind == "date" else "text"
        return kind if kind in _CONVERTED else "text"

    def _said(self, target: str) -> str:
        return self._column_of.get(target, target)

    def _missing(self, table: pa.Table) -> list[Problem]:
        found = []
        for name in sorted(self._required):
            empty = _flags(table.column(name).is_null())
            if empty.any():
                found.append(Problem(self._said(name), _("is empty"), empty))
        return found

    def _sorted(self, batch: Batch, table: pa.Table, problems: list[Problem]) -> Prepared:
        if not problems:
            return Prepared(table, batch.table, batch.rows, list(batch.refused))
        if self.mapping.kind == "orders":
            problems = [*problems, *_of_same_orders(table, problems, self._said("order_id"))]
        bad = np.logical_or.reduce([one.at for one in problems])
        reasons: dict[int, list[str]] = {}
        samples: dict[tuple[str, str], list[str]] = {}
        for one in problems:
            for place in map(int, np.flatnonzero(one.at)):
                cell = self._cell(batch.table, one.column, place)
                reasons.setdefault(place, []).append(f"{one.column}: {_quoted(cell)}{one.reason}")
                samples.setdefault((one.column, one.reason), []).append(cell)
        refused = [
            RefusedRow(batch.rows[place].as_py(), "; ".join(why), cells_of(batch.table, place))
            for place, why in sorted(reasons.items())
        ]
        good = pa.array(~bad)
        everything = sorted([*batch.refused, *refused], key=lambda one: one.row)
        return Prepared(table.filter(good), batch.table.filter(good), batch.rows.filter(good), everything, samples)

    def _cell(self, table: pa.Table, column: str, place: int) -> str:
        if column not in table.column_names:
            return self.mapping.constants.get(column, "")
        value = table.column(column)[place].as_py()
        return "" if value is None else str(value)


def _of_same_orders(table: pa.Table, problems: list[Problem], column: str) -> list[Problem]:
    """The other lines of an order with a bad one: half an order is worse than none."""
    bad = np.logical_or.reduce([one.at for one in problems])
    orders = table.column("order_id")
    wanting = pc.is_in(orders, orders.filter(pa.array(bad)).combine_chunks().drop_null())
    others = _flags(wanting) & ~bad
    return [Problem(column, _("another line of this order is refused"), others)] if others.any() else []


def _quoted(cell: str) -> str:
    return f"'{cell[:80]}' " if cell.strip() else ""


def _flags(mask: Any) -> Flags:
    whole = mask.combine_chunks() if isinstance(mask, pa.ChunkedArray) else mask
    return np.asarray(whole.to_numpy(zero_copy_only=False))
