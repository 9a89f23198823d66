"""Who the rows of a file are about, and whether they say anything new of them. Reads only."""

from __future__ import annotations

import io
import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.csv
from django.db import connection

from cordiale.customers.fields import CORE
from cordiale.identity import queries
from cordiale.identity.columns import Column
from cordiale.identity.matching import Known

Numbers = npt.NDArray[np.int64]
Flags = npt.NDArray[np.bool_]
_UNSAID = {"country": "FR", "language": "fr", "timezone": "Europe/Paris"}
_COPY = """
COPY (SELECT id, {columns}, declared::text AS declared FROM customers_customer WHERE id = ANY(%s))
TO STDOUT (FORMAT csv)
"""


@dataclass(frozen=True)
class Found:
    """Per row: the number of the customer it is about, 0 where nobody has its identifiers; whether all its identifiers
    point to that one; and `first`: for the rows of nobody, whether it is the first with its identifier."""

    numbers: Numbers
    is_settled: Flags
    is_first: Flags

    @property
    def is_new(self) -> Flags:
        """Rows of people we do not know."""
        return np.equal(self.numbers, 0)


def find(known: Known, key: str) -> Found:
    """Whom each row is about: the strongest identifier that points to somebody decides. Merges are followed."""
    by_kind = {kind: _numbers(one, known.holders[kind]) for kind, one in known.columns.items()}
    numbers = np.zeros(len(known.columns[key].codes), dtype=np.int64)
    for found in by_kind.values():
        numbers = np.where(numbers == 0, found, numbers)
    settled = np.ones(len(numbers), dtype=bool)
    for kind, one in known.columns.items():
        settled &= ~one.is_given | (by_kind[kind] == numbers)
    return Found(numbers, settled, _first(known.columns[key], numbers == 0))


def says_news(table: pa.Table, found: Found, rules: Mapping[str, str]) -> Flags:
    """Rows of known customers that say something else than their record holds, by each field's rule."""
    news = ~found.is_settled & ~found.is_new
    fields = [name for name in table.column_names if name in rules and rules[name] != "never"]
    known = np.flatnonzero(~found.is_new)
    if not fields or not len(known):
        return news
    golden = _golden(np.unique(found.numbers[known]))
    places = np.searchsorted(golden.column("id").to_numpy(), found.numbers[known])
    places = np.minimum(places, max(golden.num_rows - 1, 0))
    for name in fields:
        if not golden.num_rows:
            break
        kept = _kept(golden, name).take(pa.array(places))
        said = _whole(table.column(name)).take(pa.array(known))
        news[known] |= _differs(said, kept, _UNSAID.get(name, ""), only_empty=rules[name] == "fill")
    return news


def _numbers(one: Column, holders: Numbers) -> Numbers:
    by_value = holders.copy()
    survivor = queries.survivors(int(number) for number in np.unique(by_value[by_value > 0]))
    for number, other in survivor.items():
        if other != number:
            by_value[by_value == number] = other
    return one.spread(by_value)


def _first(one: Column, rows: Flags) -> Flags:
    codes = np.where(rows & one.is_given, one.codes, -1)
    values, first = np.unique(codes, return_index=True)
    is_first = np.zeros(len(codes), dtype=bool)
    is_first[first[values >= 0]] = True
    return is_first | (rows & ~one.is_given)


def _golden(numbers: Numbers) -> pa.Table:
    """The records, by number: the columns, and `declared` as JSON text."""
    copied = io.BytesIO()
    with connection.cursor() as cursor, cursor.copy(_COPY.format(columns=", ".join(CORE)), [numbers.tolist()]) as copy:
        for part in copy:
            copied.write(part)
    types: dict[str, Any] = {"id": pa.int64(), **dict.fromkeys((*CORE, "declared"), pa.string())}
    types["birth_on"] = pa.date32()
    if not copied.tell():
        return pa.schema(types).empty_table()
    copied.seek(0)
    options = pyarrow.csv.ConvertOptions(column_types=types, strings_can_be_null=False)
    parsing = pyarrow.csv.ParseOptions(newlines_in_values=True)
    reading = pyarrow.csv.ReadOptions(column_names=list(types))
    return pyarrow.csv.read_csv(copied, reading, parsing, options).sort_by("id")


def _kept(golden: pa.Table, name: str) -> pa.Array:
    """What the records hold of a field, as text or a day."""
    if name in CORE:
        return _whole(golden.column(name))
    declared = (json.loads(text).get(name) for text in golden.column("declared").to_pylist())
    return pa.array([None if one is None else _as_text(one) for one in declared], pa.string())


def _differs(said: pa.Array, kept: pa.Array, unsaid: str, *, only_empty: bool) -> Flags:
    """Where something is said that is not kept; with `only_empty`, only where nothing is (or what is always there)."""
    if pa.types.is_date(said.type) and not pa.types.is_date(kept.type):
        kept = kept.cast(pa.date32())
    if not pa.types.is_string(said.type) and pa.types.is_string(kept.type):
        said = pa.array([None if one is None else _as_text(one) for one in said.to_pylist()], pa.string())
    differs = _flags(said.is_valid()) & ~_flags(pc.fill_null(pc.equal(said, kept), False))
    if not only_empty:
        return differs
    is_text = pa.types.is_string(kept.type)
    empty = pc.is_in(kept, pa.array(["", unsaid, None], pa.string())) if is_text else kept.is_null()
    return differs & _flags(empty)


def _as_text(value: Any) -> str:
    if isinstance(value, float) and value.is_integer():
        return str(int(value))
    return str(value)


def _whole(values: pa.ChunkedArray | pa.Array) -> pa.Array:
    if isinstance(values, pa.Array):
        return values
    return values.combine_chunks() if values.num_chunks != 1 else values.chunk(0)


def _flags(mask: pa.Array) -> Flags:
    return np.asarray(mask.to_numpy(zero_copy_only=False))
