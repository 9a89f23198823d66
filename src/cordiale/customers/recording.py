"""Keeping submissions: whose they are, which say something new, and the fold of what they add."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from django.db import connection

from cordiale.customers import golden
from cordiale.customers.models import Customer
from cordiale.customers.survivorship import Said, is_repeated
from cordiale.errors import Refused

OWN_REFERENCE = "cordiale-{}"
"""The reference of a customer whom nobody gave one, by number."""
_IDS = "SELECT array_agg(nextval('customers_customer_id_seq'::regclass)) FROM generate_series(1, %s)"
_NEWEST = 2**62
"""What is said now counts after all that was said before; the table numbers it when it is written."""
_CREATE = """
INSERT INTO customers_customer (id, reference, first_name, last_name, email, phone, street, postcode, city, country,
    language, timezone, declared, sources, created_at, updated_at)
SELECT id, reference, '', '', '', '', '', '', '', %(country)s, %(language)s, %(zone)s, '{}', '{}', created_at, %(now)s
FROM unnest(%(ids)s::bigint[], %(references)s::text[], %(created)s::timestamptz[]) AS n (id, reference, created_at)
ORDER BY reference ON CONFLICT DO NOTHING RETURNING id
"""
_SUBMIT = "COPY customers_submission (customer_id, source, at, certainty, standing, values, received_at) FROM STDIN"


@dataclass(frozen=True, kw_only=True)
class Submitted:
    """What one source said of one customer at one moment.

    Of whom: `customer_id`; where it is None, who has `reference`, created where nobody has (with a reference of ours
    where none is given). A number without a profile (a visitor) gets one. `values` by field name; one that is None
    says nothing, but as the person's own word (`standing` own) that there is none. `created_at`: known since.
    """

    values: Mapping[str, Any]
    source: str
    at: datetime
    customer_id: int | None = None
    reference: str = ""
    certainty: float = 1.0
    standing: str = "normal"
    created_at: datetime | None = None


def record(rows: Sequence[Submitted], now: datetime) -> list[int]:
    """Keep what was said (cleaned values) and fold it, inside the caller's transaction; the customers' numbers."""
    ids, created = _customers(rows, now)
    heads = golden.survivors(ids)
    groups = golden.lock(set(heads.values()))
    fresh: list[tuple[int, Said]] = []
    for number, (id_, row) in enumerate(zip(ids, rows, strict=True), start=_NEWEST):
        if id_ not in heads:
            raise Refused(f"customer {id_} has been erased; nothing more is kept of them")
        said = Said(number=number, values=_plain(row.values), source=row.source, at=row.at, certainty=row.certainty,
                    standing=row.standing)  # fmt: skip
        group = groups[heads[id_]]
        if row.created_at is not None:
            group.customer.created_at = min(group.customer.created_at, row.created_at)
        if said.values and not is_repeated(said, group.said):
            group.said.append(said)
            fresh.append((id_, said))
    _copy(fresh, now)
    golden.reckon(list(groups.values()), now, is_new=created)
    return ids


def _customers(rows: Sequence[Submitted], now: datetime) -> tuple[list[int], frozenset[int]]:
    """The number of each row's customer, and those that were created for it."""
    given = [row.customer_id for row in rows if row.customer_id is not None]
    known = set(Customer.everyone.filter(id__in=given).values_list("id", flat=True))
    named = {row.reference for row in rows if row.customer_id is None and row.reference}
    by_reference = dict(Customer.everyone.filter(reference__in=named).values_list("reference", "id"))
    known.update(by_reference.values())
    wanted: dict[int, tuple[str, datetime]] = {}
    ids = []
    fresh = iter(reserve(sum(row.customer_id is None for row in rows)))
    for row in rows:
        id_ = row.customer_id or by_reference.get(row.reference) or next(fresh)
        if id_ not in known:
            known.add(id_)
            reference = row.reference or OWN_REFERENCE.format(id_)
            wanted.setdefault(id_, (reference, row.created_at or min(row.at, now)))
            by_reference[reference] = id_
        ids.append(id_)
    created = _create(wanted, now)
    taken = {reference: id_ for id_, (reference, _at) in wanted.items() if id_ not in created}
    if taken:  # another process created them a moment ago
        theirs = Customer.everyone.filter(reference__in=taken).values_list("reference", "id")
        moved = {taken[reference]: id_ for reference, id_ in theirs}
        ids = [moved.get(id_, id_) for id_ in ids]
    return ids, frozenset(created)


def _create(wanted: Mapping[int, tuple[str, datetime]], now: datetime) -> list[int]:
    if not wanted:
        return []
    unset = golden.unset()
    with connection.cursor() as cursor:
        cursor.execute(_CREATE, {
            "ids": list(wanted), "references": [reference for reference, _ in wanted.values()],
            "created": [at for _, at in wanted.values()], "country": unset["country"], "language": unset["language"],
            "zone": unset["timezone"], "now": now,
        })  # fmt: skip
        return [id_ for (id_,) in cursor.fetchall()]


def reserve(count: int) -> list[int]:
    """`count` fresh numbers of customers."""
    with connection.cursor() as cursor:
        cursor.execute(_IDS, [count])
        return cursor.fetchone()[0] or []


def _copy(fresh: Iterable[tuple[int, Said]], now: datetime) -> None:
    with connection.cursor() as cursor, cursor.copy(_SUBMIT) as copy:
        for id_, one in fresh:
            values = json.dumps(one.values, ensure_ascii=False)
            copy.write_row((id_, one.source, one.at, one.certainty, one.standing, values, now))


def _plain(values: Mapping[str, Any]) -> dict[str, Any]:
    return {name: value.isoformat() if isinstance(value, date) else value for name, value in values.items()}
