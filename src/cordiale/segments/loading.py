"""Static segments: lists of people that come from files."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any, Literal, get_args

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from django.db import connection, transaction
from django.utils.translation import gettext as _

from cordiale.accounts.actions import audit
from cordiale.accounts.models import Staff
from cordiale.clock import require_aware
from cordiale.errors import CordialeError, Refused
from cordiale.identity.columns import column
from cordiale.identity.matching import holders
from cordiale.identity.queries import survivors
from cordiale.imports.reading import Batch, RefusedRow, guess, open_rows
from cordiale.imports.reading.guessing import columns as columns_of
from cordiale.imports.targets import IDENTIFIERS, folded
from cordiale.imports.targets import guess as guess_targets
from cordiale.segments import actions
from cordiale.segments.models import Segment

How = Literal["replace", "add", "remove"]
Ids = np.ndarray[tuple[int], np.dtype[np.int64]]

MOST_ROWS = 2_000_000
MOST_MISSING = 10_000
"""So many rows that were not found are told one by one; the others are counted."""
_NUMBER = "id"
_ADD = """
insert into segments_listing (segment_id, customer_id, at, actor, source)
select %(segment)s, customer.id, %(now)s, %(actor)s, %(source)s
from unnest(%(ids)s::bigint[]) as given(id) join customers_customer customer on customer.id = given.id
where customer.merged_into_id is null order by customer.id
for key share of customer
on conflict do nothing
"""
_SAME = "coalesce(customer.merged_into_id, customer.id) = given.id"
_REMOVE = f"""
delete from segments_listing listing using customers_customer customer
where listing.segment_id = %(segment)s and customer.id = listing.customer_id
  and {{negation}} exists (select from unnest(%(ids)s::bigint[]) as given(id) where {_SAME})
"""
_SIZE = """
select count(distinct coalesce(customer.merged_into_id, customer.id)) from segments_listing listing
join customers_customer customer on customer.id = listing.customer_id
where listing.segment_id = %s and customer.erased_at is null
"""


@dataclass(frozen=True, kw_only=True)
class Missing:
    """A row nobody was found for: its number in the file (the header is 1), why, and what it said of whom."""

    row: int
    reason: str
    said: str


@dataclass(kw_only=True)
class Loaded:
    """What loading a file did. `size` is how many the list holds now; `missing` are the first of `not_found`."""

    rows: int = 0
    found: int = 0
    added: int = 0
    removed: int = 0
    size: int = 0
    not_found: int = 0
    missing: list[Missing] = field(default_factory=list)

    def miss(self, rows: Sequence[Missing]) -> None:
        """Count rows nobody was found for, and keep the first."""
        self.not_found += len(rows)
        self.missing += rows[: max(0, MOST_MISSING - len(self.missing))]


def load(
    name: str, path: Path, *, how: str = "replace", columns: Mapping[str, str] | None = None, file_name: str = "",
    title: Mapping[str, str] | None = None, actor: Staff | str, now: datetime,
) -> Loaded:  # fmt: skip
    """Put the people of a file on the list of the static segment `name` (made where there is none), or take them off.

    The file is CSV, Excel or Parquet; a column says who each row is about: reference, card, email, phone, or our own
    number (`id`), the strongest first. `columns` says so (column → one of these) where its name does not. `replace`
    leaves the list with exactly these people; a file in which nobody is found is refused then. All or nothing. Members
    follow at the next refresh.
    """
    now = require_aware(now)
    if how not in get_args(How):
        raise CordialeError(f"'{how}' is no way to load; it takes {', '.join(get_args(How))}")
    loaded, ids = _read(path, columns or {})
    if how == "replace" and not len(ids):
        raise Refused(_("Nobody in this file is known; the list stays as it was."))
    with transaction.atomic():
        segment = _segment(name, title, actor, now)
        _apply(segment, ids, how, loaded, source=(file_name or path.name)[:200], actor=str(actor)[:120], now=now)
        detail = {"how": how, "file": file_name or path.name, "rows": loaded.rows, "added": loaded.added,
                  "removed": loaded.removed, "not_found": loaded.not_found, "size": loaded.size}  # fmt: skip
        audit("segment", name, "load", actor, detail, now)
    return loaded


def _segment(name: str, title: Mapping[str, str] | None, actor: Staff | str, now: datetime) -> Segment:
    segment = Segment.objects.filter(name=name).select_for_update().first()
    if segment is None:
        return actions.create_static(name, title or {}, actor=actor, now=now)
    if not segment.is_static:
        raise Refused(
            _("“%(name)s” is a segment with an expression; choose another name for the list.") % {"name": name}
        )
    return segment


def _apply(segment: Segment, ids: Ids, how: str, loaded: Loaded, *, source: str, actor: str, now: datetime) -> None:
    values: dict[str, Any] = {"segment": segment.pk, "ids": ids.tolist(), "source": source, "actor": actor, "now": now}
    with connection.cursor() as cursor:
        if how != "add":
            cursor.execute(_REMOVE.format(negation="not" if how == "replace" else ""), values)
            loaded.removed = cursor.rowcount
        if how != "remove":
            cursor.execute(_ADD, values)
            loaded.added = cursor.rowcount
        cursor.execute(_SIZE, [segment.pk])
        loaded.size = cursor.fetchone()[0]


# Who the rows are about


def _read(path: Path, said: Mapping[str, str]) -> tuple[Loaded, Ids]:
    reading = guess(path)
    chosen = _chosen(columns_of(path, reading), said)
    loaded, found = Loaded(), [np.array([], dtype=np.int64)]
    for batch in open_rows(path, reading):
        loaded.rows += batch.table.num_rows + len(batch.refused)
        if loaded.rows > MOST_ROWS:
            raise Refused(
                _("The file has more than %(most)s rows; cut it into several and add them.") % {"most": MOST_ROWS}
            )
        loaded.miss([_refused(one) for one in batch.refused])
        numbers = _numbers(batch.table, chosen)
        loaded.miss(list(_missing(batch, numbers, chosen)))
        loaded.found += int((numbers > 0).sum())
        found.append(numbers[numbers > 0])
    return loaded, np.unique(np.concatenate(found))


def _chosen(present: Sequence[str], said: Mapping[str, str]) -> dict[str, str]:
    """Which column holds which identifier, strongest first."""
    known = (_NUMBER, *IDENTIFIERS)
    for name, kind in said.items():
        if name not in present:
            raise CordialeError(f"the file has no column '{name}'; it has {', '.join(present)}")
        if kind not in known:
            raise CordialeError(f"'{kind}' does not say who somebody is; a column is one of {', '.join(known)}")
    guessed = {name: kind for name, kind in guess_targets("customers", present).items() if kind in IDENTIFIERS}
    guessed |= {name: _NUMBER for name in present if folded(name) == _NUMBER}
    chosen = {kind: name for name, kind in (dict(said) or guessed).items()}
    if not chosen:
        raise Refused(
            _("No column says who the rows are about; call one of them %(names)s.") % {"names": ", ".join(known)}
        )
    return {kind: chosen[kind] for kind in known if kind in chosen}


def _numbers(table: pa.Table, chosen: Mapping[str, str]) -> Ids:
    numbers = np.zeros(table.num_rows, dtype=np.int64)
    if _NUMBER in chosen:
        numbers = _own(table.column(chosen[_NUMBER]))
    for kind in IDENTIFIERS:
        if kind in chosen:
            numbers = np.where(numbers == 0, _held(kind, table.column(chosen[kind])), numbers)
    return numbers


def _held(kind: str, given: pa.ChunkedArray) -> Ids:
    """Whom each identifier points to, 0 for nobody; merges are followed."""
    values = column(kind, given)
    by_value = np.zeros(len(values.values), dtype=np.int64)
    for place, number in holders(kind, values.values.to_pylist()):
        by_value[place] = number
    known = _existing(survivors(int(one) for one in np.unique(by_value) if one))
    return values.spread(np.array([known.get(int(one), 0) for one in by_value], dtype=np.int64))


def _own(given: pa.ChunkedArray) -> Ids:
    """Our numbers, as far as somebody has them; merges are followed."""
    text = given.cast(pa.string())
    plain = pc.fill_null(pc.match_substring_regex(text, "^[1-9][0-9]{0,17}$"), False)
    numbers = pc.if_else(plain, text, "0").cast(pa.int64()).to_numpy()
    known = _existing(survivors(int(one) for one in np.unique(numbers) if one))
    return np.array([known.get(int(one), 0) for one in numbers], dtype=np.int64)


def _existing(survivor: Mapping[int, int]) -> dict[int, int]:
    with connection.cursor() as cursor:
        cursor.execute(
            "select id from customers_customer where merged_into_id is null and id = any(%s)", [list(survivor.values())]
        )
        present = {number for (number,) in cursor.fetchall()}
    return {number: other for number, other in survivor.items() if other in present}


def _missing(batch: Batch, numbers: Ids, chosen: Mapping[str, str]) -> Iterator[Missing]:
    absent = np.flatnonzero(numbers == 0)
    if not len(absent):
        return
    cells = batch.table.select(list(dict.fromkeys(chosen.values()))).take(pa.array(absent)).to_pylist()
    for place, row in zip(absent, cells, strict=True):
        said = ", ".join(str(cell) for cell in row.values() if cell not in (None, ""))[:200]
        reason = _("nobody has this %(kinds)s") % {"kinds": ", ".join(chosen)} if said else _("the row names nobody")
        yield Missing(row=batch.rows[int(place)].as_py(), reason=reason, said=said)


def _refused(one: RefusedRow) -> Missing:
    return Missing(row=one.row, reason=one.reason, said=", ".join(one.cells)[:200])
