"""From a table of traits to a matrix of figures, the same way at every fit and every prediction.

Figures, booleans and instants become one column each; a text becomes one column of 0 and 1 for each of its frequent
values. Unknown figures are NaN. What cannot help (constant, always unknown, a text that hardly repeats) is left out.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from cordiale.clock import require_aware
from cordiale.errors import CordialeError

Floats = npt.NDArray[np.float64]
FIGURE, TEXT = "figure", "text"
CATEGORIES, SCARCE_ROWS, SCARCE_SHARE = 20, 20, 0.005
"""A text's values kept: at most so many, none seen in fewer rows than this, nor in less than this share of them."""
_DAY = 86_400e6


@dataclass(frozen=True, kw_only=True)
class Feature:
    """One trait as the model reads it. `values`: the categories kept of a text, the most frequent first."""

    name: str
    kind: str
    values: tuple[str, ...] = ()

    def width(self) -> int:
        """How many columns it takes."""
        return len(self.values) if self.kind == TEXT else 1


@dataclass(frozen=True)
class Encoding:
    """Learned from one table, applied to any with the same columns."""

    features: tuple[Feature, ...]

    def matrix(self, table: pa.Table, as_of: datetime | None = None) -> Floats:
        """`table` as figures, shape (rows, columns). Raises CordialeError for a missing or changed column."""
        places = np.cumsum([0, *(feature.width() for feature in self.features)])
        matrix = np.empty((table.num_rows, int(places[-1])))
        for feature, first in zip(self.features, places[:-1], strict=True):
            column = _column(table, feature)
            if feature.kind == TEXT:
                matrix[:, first : first + feature.width()] = _indicators(column, feature.values)
            else:
                matrix[:, first] = figures(column, feature.name, as_of)
        return matrix

    def lacking(self, table: pa.Table) -> tuple[str, ...]:
        """The features of which a table has no column, or one of another kind."""
        return tuple(one.name for one in self.features if not _is_there(table, one))

    def completed(self, table: pa.Table) -> pa.Table:
        """`table` with the features it is lacking as unknown for everybody."""
        for name in self.lacking(table):
            kept = table.drop_columns([name]) if name in table.column_names else table
            table = kept.append_column(name, pa.nulls(table.num_rows))
        return table

    def owners(self) -> npt.NDArray[np.intp]:
        """For each column of the matrix, the place of its feature."""
        return np.repeat(np.arange(len(self.features)), [feature.width() for feature in self.features])

    def names(self) -> tuple[str, ...]:
        """The features, in their order."""
        return tuple(feature.name for feature in self.features)

    def as_json(self) -> list[dict[str, Any]]:
        """For `from_json`."""
        return [{"name": one.name, "kind": one.kind, "values": list(one.values)} for one in self.features]


def from_json(rows: Sequence[Mapping[str, Any]]) -> Encoding:
    """What `as_json` gave."""
    return Encoding(tuple(Feature(name=row["name"], kind=row["kind"], values=tuple(row["values"])) for row in rows))


def learn(table: pa.Table, as_of: datetime | None = None) -> Encoding:
    """The encoding of a table's columns. Raises CordialeError where none of them tells customers apart."""
    found = (_feature(table[name], name, as_of) for name in table.column_names)
    features = tuple(feature for feature in found if feature is not None)
    if not features:
        raise CordialeError(
            f"none of the {table.num_columns} features tells one customer from another (all constant or unknown);"
            " take a day with more history, or other traits"
        )
    return Encoding(features)


def ages(table: pa.Table, as_of: datetime) -> pa.Table:
    """`table` with its instants as days before `as_of`, so that several past days can be learned from together."""
    for place, field in enumerate(table.schema):
        if pa.types.is_timestamp(field.type):
            table = table.set_column(place, field.name, pa.array(figures(table[field.name], field.name, as_of)))
    return table


def is_text(kind: pa.DataType) -> bool:
    """Whether a column of this type is read as categories."""
    kind = kind.value_type if pa.types.is_dictionary(kind) else kind
    return bool(pa.types.is_string(kind) or pa.types.is_large_string(kind))


def figures(column: pa.ChunkedArray, name: str, as_of: datetime | None) -> Floats:
    """A column of figures, yes and no, or instants (as days before `as_of`); unknown and infinite ones are NaN."""
    if pa.types.is_timestamp(column.type):
        values = _days_before(column, name, as_of)
    elif _is_figure(column.type):
        values = _floats(column)
    else:
        raise CordialeError(f"feature {name} is of type {column.type}: give figures, texts, instants or yes and no")
    return np.asarray(np.where(np.isfinite(values), values + 0.0, np.nan))  # + 0.0: no negative zero


def frequent(column: pa.ChunkedArray) -> tuple[str, ...]:
    """The values of a text that are kept, the most frequent first, by name between equals."""
    counted = pc.value_counts(texts(column).drop_null()).to_pylist()
    least = max(SCARCE_ROWS, SCARCE_SHARE * len(column))
    rows = sorted((-row["counts"], row["values"]) for row in counted if row["counts"] >= least)
    return tuple(value for _, value in rows[:CATEGORIES])


def texts(column: pa.ChunkedArray) -> pa.ChunkedArray:
    """A column of texts, without a dictionary."""
    return column.cast(pa.string())


def _feature(column: pa.ChunkedArray, name: str, as_of: datetime | None) -> Feature | None:
    if pa.types.is_null(column.type):
        return None
    if is_text(column.type):
        values = frequent(column)
        is_constant = column.null_count == 0 and pc.count_distinct(texts(column)).as_py() == 1
        return Feature(name=name, kind=TEXT, values=values) if values and not is_constant else None
    read = figures(column, name, as_of)
    known = read[~np.isnan(read)]
    is_constant = known.size == 0 or (known.size == read.size and known.min() == known.max())
    return None if is_constant else Feature(name=name, kind=FIGURE)


def _column(table: pa.Table, feature: Feature) -> pa.ChunkedArray:
    if feature.name not in table.column_names:
        raise CordialeError(f"the features lack {feature.name}, which the model learned from; fit it again without")
    column = table[feature.name]
    if not _is_there(table, feature):
        raise CordialeError(f"feature {feature.name} changed from {feature.kind} to {column.type}; fit the model again")
    return column


def _is_there(table: pa.Table, feature: Feature) -> bool:
    if feature.name not in table.column_names:
        return False
    kind = table.schema.field(feature.name).type
    return bool(pa.types.is_null(kind) or is_text(kind) == (feature.kind == TEXT))


def _indicators(column: pa.ChunkedArray, values: tuple[str, ...]) -> Floats:
    codes = pc.fill_null(pc.index_in(texts(column), value_set=pa.array(values, pa.string())), -1).to_numpy()
    return np.asarray(codes[:, None] == np.arange(len(values)), np.float64)


def _is_figure(kind: pa.DataType) -> bool:
    checks = (pa.types.is_integer, pa.types.is_floating, pa.types.is_decimal, pa.types.is_boolean, pa.types.is_null)
    return any(check(kind) for check in checks)


def _floats(column: pa.ChunkedArray) -> Floats:
    if pa.types.is_null(column.type):
        return np.full(len(column), np.nan)
    plain = column.cast(pa.int8()) if pa.types.is_boolean(column.type) else column
    return np.asarray(plain.cast(pa.float64(), safe=False).to_numpy(), np.float64)


def _days_before(column: pa.ChunkedArray, name: str, as_of: datetime | None) -> Floats:
    if as_of is None:
        raise CordialeError(f"feature {name} is an instant: say as of when its age counts (as_of)")
    if column.type.tz is None:
        raise CordialeError(f"feature {name} is an instant without a zone; give it one (UTC)")
    instants = pc.cast(column, pa.timestamp("us", tz="UTC"), safe=False).cast(pa.int64())
    return np.asarray((require_aware(as_of).timestamp() * 1e6 - _floats(instants)) / _DAY)
