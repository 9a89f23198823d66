"""The one door for what we are told about people: recognise, create, submit, tie."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import date, datetime
from functools import cached_property
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from django.db import transaction

from cordiale import clock
from cordiale.customers import actions as customers
from cordiale.customers import validation
from cordiale.customers.actions import Submitted
from cordiale.customers.copying import Written
from cordiale.errors import CordialeError
from cordiale.identity import tables
from cordiale.identity.browsers import Sighted, see
from cordiale.identity.columns import Column, Flags, Numbers, column, of_table, strong
from cordiale.identity.matching import Batch, Known, Matched, look_up, match
from cordiale.identity.rules import KINDS, LONGEST_REFERENCE, STRONG, canonical, is_nobodys
from cordiale.identity.rules.names import Person
from cordiale.identity.rules.telling import Told

_ONLY_IDENTIFIERS = ("reference", "card", "anonymous")
_SURELY_NEWS = 1_000
"""So many rows are decided under the lock at once: deciding twice would take longer than others wait."""
_SHOWN = ("email", "phone")
"""Identifiers that are also values of the profile."""
_ADD_CONFLICT = """
INSERT INTO identity_conflict (kind, value, holder_id, claimant_id, reason, source, created_at, settled_by)
VALUES (%s, %s, %s, %s, %s, %s, %s, '') ON CONFLICT (kind, value, claimant_id) DO NOTHING
"""


@dataclass(frozen=True, kw_only=True)
class _Telling:
    """Rows of either form. `values` gives what a row says, `moment` when; `sources` says who, of each row or of all."""

    columns: Mapping[str, Column]
    size: int
    values: Callable[[int], Mapping[str, Any]]
    moment: Callable[[int], datetime]
    sources: pa.Array | str

    @property
    def batch(self) -> Batch:
        """What recognising needs."""
        return Batch(
            columns={kind: self.columns[kind] for kind in STRONG},
            left_out=self.only_browsers,
            person=lambda row: person_of(self.values(row)),
            digest=self._digest,
            size=self.size,
        )

    @cached_property
    def references(self) -> pa.StringArray:
        """The reference a new customer gets, null where the row has none that fits the profile."""
        one = self.columns["reference"]
        values = one.values.take(pa.array(one.codes, mask=one.codes < 0))
        return pc.if_else(pc.less_equal(pc.utf8_length(values), LONGEST_REFERENCE), values, None)

    @property
    def only_browsers(self) -> Flags:
        """Rows whose only usable identifier is a browser's: they are a visitor's, who has no profile."""
        named: Flags = np.any([self.columns[kind].is_given for kind in STRONG], axis=0)
        return ~named & self.columns["anonymous"].is_given

    def source(self, row: int) -> str:
        """Who says a row."""
        return self.sources if isinstance(self.sources, str) else str(self.sources[row])

    def sources_of(self, rows: Flags) -> pa.Array | str:
        """Who says these rows."""
        return self.sources if isinstance(self.sources, str) else self.sources.filter(pa.array(rows))

    def _digest(self, row: int) -> str:
        said = {name: value for name, value in self.values(row).items() if value not in (None, "")}
        named = self.batch.values(row)
        if not said and not named:
            raise CordialeError(f"row {row + 1}: it names nobody; give a reference, a card, an email or a phone number")
        text = json.dumps([self.source(row), said, named], sort_keys=True, default=str, ensure_ascii=False)
        return hashlib.sha256(text.encode()).hexdigest()[:40]


def person_of(values: Mapping[str, Any]) -> Person:
    """What tells a person apart in what a row says."""
    return Person(str(values.get("first_name") or ""), str(values.get("last_name") or ""), _day(values.get("birth_on")))


def _day(value: Any) -> date | None:
    if isinstance(value, datetime):
        return value.date()
    if isinstance(value, date):
        return value
    try:
        return date.fromisoformat(str(value))
    except ValueError:  # what is no day tells nobody apart; `customers` says what is wrong with it
        return None


def tell(rows: Sequence[Told], now: datetime) -> list[int]:
    """Take in what sources say of people; the numbers of the customers, in the rows' order.

    Recognises each, creates who is new, submits the values, ties new identifiers. All rows are taken or none. Numbers
    are those facts are recorded under: for what a person sees, follow merges with `queries.survivors`. A row that names
    a browser only is a visitor's: its number is given and its values are not kept.
    """
    if not rows:
        return []
    clock.require_aware(now)
    telling = _Telling(
        columns={kind: _column(rows, kind) for kind in KINDS},
        size=len(rows),
        values=lambda row: _said(rows[row]),
        moment=lambda row: rows[row].at,
        sources=pa.array([one.source for one in rows], pa.string()),
    )
    with transaction.atomic():
        matched = _settle(telling)
        customers.submit(_submitted(rows, telling, matched.numbers), now)
        return [int(number) for number in _tie(telling, matched, _ties(telling, matched, now), now)]


def _column(rows: Sequence[Told], kind: str) -> Column:
    return column(kind, pa.array([one.identifiers.get(kind) for one in rows], pa.string()))


def _said(row: Told) -> Mapping[str, Any]:
    """The values of a row, with the email and phone it is recognised by where they are real ones."""
    shown = {kind: value for kind in _SHOWN if (value := row.identifiers.get(kind)) and kind not in row.values}
    if not shown:
        return row.values
    shown = {kind: value for kind, value in shown.items() if not is_nobodys(kind, canonical(kind, value))}
    valid, _problems = validation.sift(shown, str(row.values.get("country") or ""))
    return {**valid, **row.values}


def _submitted(rows: Sequence[Told], telling: _Telling, numbers: Numbers) -> list[Submitted]:
    """The rows that are of somebody, as `customers` takes them; it creates who is new."""
    references = telling.references.to_pylist()
    return [
        Submitted(
            customer_id=int(numbers[row]), reference=references[row] or "", values=telling.values(row),
            source=one.source, at=one.at, certainty=one.certainty, standing=one.standing,
        )
        for row, one in enumerate(rows) if numbers[row]
    ]  # fmt: skip


def recognise(columns: Mapping[str, Column]) -> Known:
    """Whom the identifiers (`columns.strong`) point to. Nobody else ties any until the caller's transaction ends."""
    tables.lock()
    return look_up(columns)


def tell_table(
    table: pa.Table,
    *,
    source: str,
    at: datetime,
    now: datetime,
    standing: Mapping[str, str] | None = None,
    known: Known | None = None,
) -> pa.Array:
    """The same for a whole table: its columns are kinds of identifiers and fields of the profile (`email` and `phone`
    are both), as `customers` validated them. `standing` is by field, `normal` where it does not say. `known` is what
    `recognise` gave for its rows in this transaction, where the caller asked.
    """
    clock.require_aware(now)
    columns = known.columns if known else strong(table)
    fields = table.select([name for name in table.column_names if name not in _ONLY_IDENTIFIERS])
    telling = _Telling(
        columns={**columns, "anonymous": of_table("anonymous", table)},
        size=table.num_rows,
        values=lambda row: fields.slice(row, 1).to_pylist()[0],
        moment=lambda _row: at,
        sources=source,
    )
    with transaction.atomic(), ThreadPoolExecutor(1) as beside:
        matched = _settle(telling, known)
        ties = beside.submit(_ties, telling, matched, now)  # written out while PostgreSQL takes in the customers
        loaded = fields.append_column("customer_id", pa.array(matched.numbers))
        loaded = loaded.append_column("reference", telling.references).filter(pa.array(matched.numbers > 0))
        customers.load(loaded, source=source, at=at, now=now, standing=standing or {})
        return pa.array(_tie(telling, matched, ties.result(), now))


def _settle(telling: _Telling, known: Known | None = None) -> Matched:
    """Whom the rows are about, decided under the lock where anything is new; new customers have real numbers."""
    if known:
        return _numbered(match(telling.batch, known.holders))
    if telling.size > _SURELY_NEWS:
        tables.lock()
    matched = match(telling.batch)
    if matched.is_news and telling.size <= _SURELY_NEWS:
        tables.lock()
        matched = match(telling.batch)
    return _numbered(matched)


def _numbered(matched: Matched) -> Matched:
    return matched.numbered(customers.reserve_ids(matched.made))


def _ties(telling: _Telling, matched: Matched, now: datetime) -> list[Written]:
    """Who is tied to whom as whole columns, ready to be copied."""
    ties = []
    for kind, tied in matched.linked_columns.items():
        # a customer's own reference is in the profile, but for those that are too long for it
        rows = tied & (telling.references.is_null().to_numpy(zero_copy_only=False) | (kind != "reference"))
        if rows.any():
            one = telling.columns[kind]
            values = one.values.take(pa.array(one.codes[rows]))
            ties.append(tables.tied(kind, values, matched.numbers[rows], telling.sources_of(rows), now))
    return ties


def _tie(telling: _Telling, matched: Matched, ties: list[Written], now: datetime) -> Numbers:
    """Write who points to whom; the rows' numbers, those of visitors included."""
    for one in ties:
        one.copy()
    for kind, value, number, row in matched.links:
        tables.tied(kind, pa.array([value]), np.array([number]), telling.source(row), now).copy()
    tables.write(_ADD_CONFLICT, [(*clash, telling.source(row), now) for clash, row in matched.clashes])
    return _see(telling, matched.numbers, now)


def _see(telling: _Telling, numbers: Numbers, now: datetime) -> Numbers:
    """Who was seen with which browser; the numbers with those of visitors filled in."""
    browsers = telling.columns["anonymous"]
    rows = np.flatnonzero(browsers.is_given)
    seen = [
        Sighted(str(browsers.values[int(browsers.codes[row])]), int(numbers[row]) or None, telling.moment(int(row)))
        for row in rows
    ]
    filled = numbers.copy()
    filled[rows] = see(seen, now)
    return filled
