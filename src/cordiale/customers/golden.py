"""Writing the golden record: what is kept of what all sources said, where it differs from what stands there."""

from __future__ import annotations

import json
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any

import pyarrow as pa
from django.db import connection, transaction

from cordiale.company import company
from cordiale.customers import fields, planner, words
from cordiale.customers.models import Customer, Submission
from cordiale.customers.signals import customers_changed
from cordiale.customers.survivorship import Kept, Said, fold

_SURVIVORS = """
WITH RECURSIVE chain (given, id, next) AS (
    SELECT id, id, merged_into_id FROM customers_customer WHERE id = ANY(%s)
    UNION
    SELECT chain.given, c.id, c.merged_into_id FROM chain JOIN customers_customer c ON c.id = chain.next
    WHERE chain.next <> chain.id
)
SELECT given, id FROM chain WHERE next IS NULL
"""
_FAMILIES = """
WITH RECURSIVE family (head, id) AS (
    SELECT id, id FROM customers_customer WHERE id = ANY(%s)
    UNION
    SELECT family.head, c.id FROM family JOIN customers_customer c ON c.merged_into_id = family.id
)
SELECT head, id FROM family
"""
_WRITTEN = (*fields.CORE, "declared", "sources", "created_at")
_TYPES = {"birth_on": "date", "declared": "text", "sources": "text", "created_at": "timestamptz"}
_UPDATE = """
UPDATE customers_customer AS c SET {columns}, updated_at = %(now)s
FROM unnest(%(id)s::bigint[], {arrays}) AS n (id, {names}) WHERE c.id = n.id
""".format(
    columns=", ".join(f"{one} = n.{one}{'::jsonb' if one in ('declared', 'sources') else ''}" for one in _WRITTEN),
    arrays=", ".join(f"%({one})s::{_TYPES.get(one, 'text')}[]" for one in _WRITTEN),
    names=", ".join(_WRITTEN),
)


@dataclass
class Group:
    """A customer, the numbers that were merged into it with its own, and what was said of any of them."""

    customer: Customer
    said: list[Said] = field(default_factory=list)
    before: dict[str, Any] = field(init=False)

    def __post_init__(self) -> None:
        self.before = _state(self.customer)


def survivors(customer_ids: Iterable[int]) -> dict[int, int]:
    """Whom each number stands for today; erased and unknown numbers are left out."""
    with connection.cursor() as cursor:
        cursor.execute(_SURVIVORS, [list(customer_ids)])
        return dict(cursor.fetchall())


def families(customer_ids: Iterable[int]) -> dict[int, list[int]]:
    """Of each customer, its own number and those merged into it."""
    found: dict[int, list[int]] = defaultdict(list)
    with connection.cursor() as cursor:
        cursor.execute(_FAMILIES, [list(customer_ids)])
        for head, one in cursor.fetchall():
            found[head].append(one)
    return dict(found)


def lock(customer_ids: Iterable[int]) -> dict[int, Group]:
    """These customers (present ones) with all that was said of them, locked by number until the transaction ends."""
    with planner.by_index():
        return _locked(list(customer_ids))


def _locked(wanted: list[int]) -> dict[int, Group]:
    chosen = Customer.everyone.filter(id__in=wanted, erased_at__isnull=True).order_by("id")
    groups = {one.id: Group(one) for one in chosen.select_for_update(no_key=True)}
    heads = {member: head for head, members in families(groups).items() for member in members}
    for one in Submission.objects.filter(customer_id__in=list(heads)).order_by("id"):
        groups[heads[one.customer_id]].said.append(as_said(one))
    return groups


def as_said(one: Submission) -> Said:
    """A submission as the rules read it."""
    return Said(
        number=one.id, values=one.values, source=one.source, at=one.at, certainty=one.certainty, standing=one.standing
    )


def reckon(groups: Sequence[Group], now: datetime, *, is_new: frozenset[int] = frozenset()) -> list[int]:
    """Fold what was said and write what differs; the numbers that changed. Packages above hear of it."""
    rules, changed, names = fields.rules(), [], Counter[str]()
    for group in groups:
        apply(group.customer, fold(group.said, rules))
        after = _state(group.customer)
        if differing := [name for name in _WRITTEN if group.before[name] != after[name]]:
            changed.append(group.customer)
            names.update(differing)
            names.update(_differing(group.before["declared"], after["declared"]))
    _write(changed, now)
    _learn(changed, names)
    ids = [one.id for one in changed]
    tell(sorted(is_new), now, is_new=True, names=names)
    tell([one for one in ids if one not in is_new], now, is_new=False, names=names)
    return ids


def tell(customer_ids: list[int], now: datetime, *, is_new: bool, names: Iterable[str] = ()) -> None:
    """Let packages above hear of a change, inside its transaction."""
    if customer_ids:
        said = sorted(set(names) - {"sources", "declared", "created_at"})
        customers_changed.send(sender=Customer, customer_ids=customer_ids, fields=said, is_new=is_new, now=now)


def apply(customer: Customer, kept: Mapping[str, Kept]) -> None:
    """Set the record to what is kept. A value whose every source was withdrawn goes; one that nobody said stays."""
    for name in fields.CORE:
        if name in kept:
            setattr(customer, name, _column(name, kept[name].value))
        elif customer.origin(name):
            setattr(customer, name, _column(name, None))
    unsaid = {name: value for name, value in customer.declared.items() if not customer.origin(f"declared.{name}")}
    said = {name: one.value for name, one in sorted(kept.items()) if name not in fields.CORE}
    customer.declared = {name: value for name, value in (unsaid | said).items() if value is not None}
    customer.sources = _sources(customer, kept)


def origin(source: str, at: datetime, certainty: float) -> dict[str, Any]:
    """A value's origin as `Customer.sources` keeps it."""
    return {"source": source, "at": at.isoformat()} | ({"certainty": certainty} if certainty < 1 else {})


def unset() -> dict[str, Any]:
    """What a column holds where nothing is known; the other columns are empty."""
    ours = company()
    return {"birth_on": None, "country": "FR", "language": ours.languages[0], "timezone": ours.zone}


def _sources(customer: Customer, kept: Mapping[str, Kept]) -> dict[str, Any]:
    known = {name: one for name, one in kept.items() if one.value is not None}
    origins = {
        name if name in fields.CORE else f"declared.{name}": origin(one.said.source, one.said.at, one.said.certainty)
        for name, one in sorted(known.items())
        if one.said.source
    }
    spoken_of = {name for name in fields.CORE if getattr(customer, name) != _column(name, None)}
    spoken_of |= {f"declared.{name}" for name in customer.declared}
    first = next(iter(origins.values()), None)
    is_one = spoken_of <= set(origins) and all(one == first for one in origins.values())
    return {"*": first} if origins and is_one else origins


def _column(name: str, value: Any) -> Any:
    if value is None or value == "":
        return unset().get(name, "")
    if name == "birth_on" and not isinstance(value, date):
        return date.fromisoformat(str(value))
    return value


def _state(customer: Customer) -> dict[str, Any]:
    return {name: getattr(customer, name) for name in _WRITTEN}


def _differing(before: Mapping[str, Any], after: Mapping[str, Any]) -> list[str]:
    return [name for name in before.keys() | after.keys() if before.get(name) != after.get(name)]


def _write(customers: Sequence[Customer], now: datetime) -> None:
    if not customers:
        return
    columns: dict[str, list[Any]] = {name: [getattr(one, name) for one in customers] for name in _WRITTEN}
    for name in ("declared", "sources"):
        columns[name] = [json.dumps(value, ensure_ascii=False) for value in columns[name]]
    with connection.cursor() as cursor:
        cursor.execute(_UPDATE, {"id": [one.id for one in customers], "now": now, **columns})


def _learn(customers: Sequence[Customer], names: Iterable[str]) -> None:
    if {"first_name", "last_name"} & set(names):
        texts = [text for one in customers for text in (one.first_name, one.last_name)]
        transaction.on_commit(lambda: words.learn(words.of([pa.array(texts, pa.string())])))
