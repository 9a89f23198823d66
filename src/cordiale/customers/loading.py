"""Many customers at once, from Arrow tables. New ones are copied column by column; known ones are folded."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc
from django.db import IntegrityError, connection, transaction

from cordiale import clock
from cordiale.customers import fields, golden, planner, words
from cordiale.customers.copying import Json, Written, encode
from cordiale.customers.recording import OWN_REFERENCE, Submitted, record, reserve
from cordiale.customers.survivorship import STANDINGS
from cordiale.errors import CordialeError

AT_ONCE = 50_000
_READY = 25_000
"""So many records PostgreSQL takes in while the next ones are written out."""
_IDENTITY = ("customer_id", "reference", "created_at")
_BY_REFERENCE = """
SELECT reference, id FROM customers_customer WHERE reference = ANY(%s)
"""
_KNOWN = "SELECT id FROM customers_customer WHERE id = ANY((SELECT string_to_array(%s, ','))::bigint[])"
_LATEST = """
SELECT DISTINCT ON (customer_id) customer_id, "values" FROM customers_submission
WHERE customer_id = ANY(%s) AND source || '' = %s AND standing = %s AND certainty = %s AND at <= %s
ORDER BY customer_id, at DESC, id DESC
"""
_NAMES = ("first_name", "last_name")
_INSTANT = pa.timestamp("us", tz="UTC")
Numbers = npt.NDArray[np.int64]


@dataclass(frozen=True, kw_only=True)
class _Origin:
    """Who says the whole table, when, and how surely; `groups` are the fields of each standing."""

    source: str
    at: datetime
    certainty: float
    groups: Mapping[str, tuple[str, ...]]
    now: datetime

    @property
    def names(self) -> list[str]:
        """The fields of all standings."""
        return [name for group in self.groups.values() for name in group]


def load(
    table: pa.Table,
    *,
    source: str,
    at: datetime,
    now: datetime,
    standing: str | Mapping[str, str] = "normal",
    certainty: float = 1.0,
) -> pa.Array:
    """Keep what a table says of many customers; their numbers (int64) in the rows' order.

    Its columns are fields, as `tables.validate_table` gives them (null: says nothing), and `customer_id`, `reference`,
    `created_at` where known, with the meaning they have in `Submitted`. `standing` is one for all, or one a field.
    Of rows for the same customer the last counts. One transaction for every 50 000 rows; inside the caller's
    transaction, savepoints. Raises UnknownField.
    """
    names = [name for name in table.column_names if name not in _IDENTITY]
    standings = {name: standing if isinstance(standing, str) else standing.get(name, "normal") for name in names}
    for name, one in standings.items():
        fields.get_field(name)
        if one not in STANDINGS:
            raise CordialeError(f"'{one}' is no standing of '{name}'; it takes {', '.join(STANDINGS)}")
    groups = {one: tuple(name for name in names if standings[name] == one) for one in STANDINGS}
    origin = _Origin(
        source=source, at=clock.require_aware(at), certainty=certainty, now=clock.require_aware(now),
        groups={one: group for one, group in groups.items() if group},
    )  # fmt: skip
    parts = [_attempt(table.slice(start, AT_ONCE), origin) for start in range(0, table.num_rows, AT_ONCE)]
    return pa.concat_arrays([pa.array([], pa.int64()), *parts])


def _attempt(chunk: pa.Table, origin: _Origin, attempts: int = 3) -> pa.Array:
    for left in reversed(range(attempts)):
        try:
            with transaction.atomic(), planner.by_index():
                return _load(chunk, origin)
        except IntegrityError:  # another process created one of these references meanwhile: it is known now
            if not left:
                raise
    raise AssertionError("unreachable")


def _load(chunk: pa.Table, origin: _Origin) -> pa.Array:
    ids, new, old = _whose(chunk)
    if len(new):
        is_all = len(new) == chunk.num_rows
        _create(chunk if is_all else chunk.take(pa.array(new)), pa.array(ids[new]), origin)
    if len(old):
        _add(chunk.take(pa.array(old)), ids[old].tolist(), origin)
    return pa.array(ids)


def _whose(chunk: pa.Table) -> tuple[Numbers, Numbers, Numbers]:
    """The number of each row's customer; the positions of rows that create one, and of the others."""
    given = chunk.column("customer_id") if "customer_id" in chunk.column_names else None
    if given is None or given.null_count:
        return _whose_by_reference(chunk)
    ids = given.to_numpy().astype(np.int64)
    _, first = np.unique(ids, return_index=True)
    is_new = np.zeros(len(ids), dtype=bool)
    is_new[first] = True
    is_new &= ~np.isin(ids, np.array(list(_known_ids(ids.tolist())), dtype=np.int64))
    return ids, np.flatnonzero(is_new), np.flatnonzero(~is_new)


def _whose_by_reference(chunk: pa.Table) -> tuple[Numbers, Numbers, Numbers]:
    """The same where some rows say by their reference alone, or not at all, whose they are."""
    given = _column(chunk, "customer_id")
    references = [one or None for one in _column(chunk, "reference")]
    known = _known_ids([one for one in given if one is not None])
    seen = _by_reference([name for name, id_ in zip(references, given, strict=True) if name and id_ is None])
    fresh = iter(reserve(given.count(None)))
    ids: list[int] = []
    is_new: list[bool] = []
    for id_, reference in zip(given, references, strict=True):
        found = id_ if id_ is not None else seen.get(reference)
        is_new.append(found is None or (id_ is not None and id_ not in known))
        found = next(fresh) if found is None else found
        known.add(found)
        if reference:
            seen.setdefault(reference, found)
        ids.append(found)
    return np.array(ids, dtype=np.int64), np.flatnonzero(is_new), np.flatnonzero(np.logical_not(is_new))


def _column(chunk: pa.Table, name: str) -> list[Any]:
    return chunk.column(name).to_pylist() if name in chunk.column_names else [None] * chunk.num_rows


def _known_ids(given: list[int]) -> set[int]:
    with connection.cursor() as cursor:  # one text: as many parameters take longer to quote than to look up
        cursor.execute(_KNOWN, [",".join(map(str, given))])
        return {id_ for (id_,) in cursor.fetchall()}


def _by_reference(references: list[str]) -> dict[str | None, int]:
    if not references:
        return {}
    with connection.cursor() as cursor:
        cursor.execute(_BY_REFERENCE, [references])
        return dict(cursor.fetchall())


def _create(rows: pa.Table, ids: pa.Array, origin: _Origin) -> None:
    with ThreadPoolExecutor(1) as beside:  # what comes next is written out while PostgreSQL takes in what is ready
        parts = [(rows.slice(start, _READY), ids.slice(start, _READY)) for start in range(0, len(ids), _READY)]
        records = [beside.submit(_golden, *part, origin) for part in parts]
        said = [beside.submit(_said, rows, ids, standing, origin) for standing in origin.groups]
        learnt = beside.submit(words.of, [rows.column(name) for name in _NAMES if name in rows.column_names])
        for one in (*records, *said):
            one.result().copy()
        found = learnt.result()
    transaction.on_commit(lambda: words.learn(found))
    golden.tell(ids.to_pylist(), origin.now, is_new=True, names=origin.names)


def _golden(rows: pa.Table, ids: pa.Array, origin: _Origin) -> Written:
    """The records, written out."""
    unset, names = golden.unset(), origin.names
    columns: dict[str, Any] = {"id": ids, "reference": _reference(rows, ids)}
    for name in fields.CORE:
        if name == "birth_on":
            columns[name] = rows.column(name) if name in names else pa.nulls(rows.num_rows, pa.date32())
        elif name in names:
            columns[name] = pc.fill_null(rows.column(name).cast(pa.string()), unset.get(name, ""))
        else:
            columns[name] = unset.get(name, "")
    other = [_fragments(rows, name) for name in names if name not in fields.CORE]
    columns["declared"] = Json(_object(other) if other else "{}")
    columns["sources"] = Json(_sources(rows, origin))
    first = min(origin.at, origin.now)
    known_since = rows.column("created_at") if "created_at" in rows.column_names else None
    columns["created_at"] = first if known_since is None else pc.fill_null(known_since.cast(_INSTANT), first)
    columns["updated_at"] = origin.now
    return encode("customers_customer", columns)


def _sources(rows: pa.Table, origin: _Origin) -> pa.Array | str:
    if not origin.names or not origin.source:
        return "{}"
    origins = json.dumps({"*": golden.origin(origin.source, origin.at, origin.certainty)})
    is_silent = np.ones(rows.num_rows, dtype=bool)
    for name in origin.names:
        if not is_silent.any():
            return origins
        is_silent &= _spoken(rows, name).is_null().to_numpy(zero_copy_only=False)
    return pc.if_else(pa.array(is_silent), "{}", origins)


def _reference(rows: pa.Table, ids: pa.Array) -> Any:
    given = rows.column("reference").cast(pa.string()) if "reference" in rows.column_names else None
    if given is not None and not given.null_count and pc.min(pc.binary_length(given)).as_py():
        return given
    ours = pc.binary_join_element_wise(OWN_REFERENCE.format(""), ids.cast(pa.string()), "")
    return ours if given is None else pc.coalesce(pc.if_else(pc.equal(given, ""), None, given), ours)


def _said(rows: pa.Table, ids: pa.Array, standing: str, origin: _Origin) -> Written:
    """The submissions of one standing, written out."""
    values = _object([_fragments(rows, name) for name in origin.groups[standing]])
    spoke = pc.not_equal(values, "{}")
    if not pc.all(spoke).as_py():
        ids, values = ids.filter(spoke), values.filter(spoke)
    return encode("customers_submission", {
        "customer_id": ids, "values": Json(values), "source": origin.source, "at": origin.at,
        "certainty": origin.certainty, "standing": standing, "received_at": origin.now,
    })  # fmt: skip


def _fragments(rows: pa.Table, name: str) -> pa.Array:
    """`"name": value` as JSON text, null where the row says nothing."""
    column = _spoken(rows, name)
    if pa.types.is_string(column.type) or pa.types.is_large_string(column.type):
        escaped = pc.replace_substring(pc.replace_substring(column, "\\", "\\\\"), '"', '\\"')
        return pc.binary_join_element_wise(f'"{name}": "', escaped, '"', "")
    if pa.types.is_date(column.type):
        return pc.binary_join_element_wise(f'"{name}": "', column.cast(pa.string()), '"', "")
    return pc.binary_join_element_wise(f'"{name}": ', column.cast(pa.string()), "")


def _spoken(rows: pa.Table, name: str) -> pa.Array:
    """What the rows say of a field, null where they say nothing."""
    column = rows.column(name).combine_chunks()
    is_text = pa.types.is_string(column.type) or pa.types.is_large_string(column.type)
    return pc.if_else(pc.equal(column, ""), None, column) if is_text else column


def _object(parts: Sequence[pa.Array]) -> pa.Array:
    # The empty first part keeps Arrow from leaving out rows of which every part is null.
    inside = pc.binary_join_element_wise("", *parts, ", ", null_handling="skip")
    return pc.binary_join_element_wise("{", pc.utf8_slice_codeunits(inside, 2), "}", "")


def _add(rows: pa.Table, ids: list[int], origin: _Origin) -> None:
    """Say it of customers who are known, but for what their source last said just so."""
    told: list[Submitted] = []
    created = _column(rows, "created_at")
    for standing, group in origin.groups.items():
        latest = _latest(ids, standing, origin)
        for id_, since, row in zip(ids, created, rows.select(list(group)).to_pylist(), strict=True):
            values = {name: value for name, value in row.items() if value is not None and value != ""}
            if values and latest.get(id_) != _plain(values):
                told.append(
                    Submitted(
                        customer_id=id_, values=values, source=origin.source, at=origin.at,
                        certainty=origin.certainty, standing=standing, created_at=since,
                    )
                )  # fmt: skip
    record(told, origin.now)


def _latest(ids: list[int], standing: str, origin: _Origin) -> dict[int, Any]:
    values: list[Any] = [ids, origin.source, standing, origin.certainty, origin.at]
    with connection.cursor() as cursor:
        cursor.execute(_LATEST, values)
        return {id_: json.loads(said) if isinstance(said, str) else said for id_, said in cursor.fetchall()}


def _plain(values: Mapping[str, Any]) -> dict[str, Any]:
    return {name: value.isoformat() if isinstance(value, date) else value for name, value in values.items()}
