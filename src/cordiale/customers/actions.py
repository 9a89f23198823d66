"""What writes customers. All rows of a call are written, or none."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any

from django.db import transaction

from cordiale import clock
from cordiale.customers import golden, rules, validation
from cordiale.customers.fields import CORE
from cordiale.customers.loading import load
from cordiale.customers.models import Customer
from cordiale.customers.recording import Submitted, record, reserve
from cordiale.customers.rules import RowRefused
from cordiale.customers.survivorship import STANDINGS
from cordiale.customers.withdrawing import Withdrawn, discard, withdraw_source
from cordiale.errors import CordialeError, Refused

__all__ = [
    "ChangedMeanwhile", "Submitted", "Withdrawn", "correct", "discard", "load", "reckon", "reserve_ids",
    "submit", "upsert", "withdraw_source",
]  # fmt: skip
_AT_ONCE = 5_000


class ChangedMeanwhile(Refused):
    """Somebody else changed the customer since the page was read; `current` is how it is now."""

    def __init__(self, current: Customer) -> None:
        self.current = current
        super().__init__("somebody else has changed this customer meanwhile; look at both versions and save again")


@transaction.atomic
def submit(rows: Sequence[Submitted], now: datetime) -> list[int]:
    """Keep what was said and fold it into the golden records; the customers' numbers in the rows' order.

    Raises RowRefused naming the row for an unknown field or a value that is not valid: nothing is written then.
    """
    checked = [_checked(row, number) for number, row in enumerate(rows, start=1)]
    return record(checked, clock.require_aware(now))


@transaction.atomic
def correct(
    customer_id: int,
    values: Mapping[str, Any],
    now: datetime,
    *,
    source: str = "correction",
    seen_at: datetime | None = None,
) -> list[str]:
    """Write down what the person, or staff for the person, says is right; an empty value says that there is none.

    Counts before whatever sources say, until the next correction. `seen_at` is `updated_at` as the editor saw it.
    Returns the fields that changed. Raises NotValid by field, ChangedMeanwhile.
    """
    customer = Customer.objects.select_for_update(no_key=True).filter(id=customer_id).first()
    if customer is None:
        raise Refused(f"customer {customer_id} has been merged or erased; nothing was changed")
    if seen_at is not None and customer.updated_at != seen_at:
        raise ChangedMeanwhile(customer)
    cleaned = validation.clean_values(values, country=str(values.get("country") or customer.country))
    before = validation.current_values(customer)
    told = {name: value for name, value in cleaned.items() if value != before.get(name)}
    if told:
        row = Submitted(customer_id=customer_id, values=told, source=source, at=now, standing="own")
        record([row], clock.require_aware(now))
    return sorted(told)


def reckon(customer_ids: Iterable[int], now: datetime) -> list[int]:
    """Fold again what was said of these customers (of a merged number: of its survivor); the numbers that changed."""
    wanted = sorted({*golden.survivors(list(customer_ids)).values()})
    changed: list[int] = []
    for start in range(0, len(wanted), _AT_ONCE):
        with transaction.atomic():
            groups = golden.lock(wanted[start : start + _AT_ONCE])
            changed += golden.reckon(list(groups.values()), clock.require_aware(now))
    return changed


def reserve_ids(count: int) -> list[int]:
    """`count` fresh customer numbers, for visitors who may get a profile later."""
    return reserve(count)


@transaction.atomic
def upsert(rows: Iterable[Mapping[str, Any]], now: datetime) -> dict[str, int]:
    """Create the customers that are new by `reference`, fill in what the rows say of the others; reference → id.

    Each row takes any of `rules.COLUMNS`; what it leaves out or gives as None stays as it is. `sources`
    (`{field: {"source": …, "at": …}}`) says where a value comes from; a reference given twice counts the last time.
    `declared` may hold any key. Only rows that change something move `updated_at`. Raises RowRefused naming the row.
    """
    moment = clock.require_aware(now)
    given = {}
    for number, row in enumerate(rows, start=1):
        checked = dict(zip(rules.COLUMNS, rules.check(row, number), strict=True))
        given[checked["reference"]] = checked
    told = [one for row in given.values() for one in _by_origin(row, moment)]
    ids = record(told, moment)
    return {one.reference: id_ for one, id_ in zip(told, ids, strict=True)}


def _by_origin(row: Mapping[str, Any], now: datetime) -> list[Submitted]:
    declared, sources = json.loads(row["declared"] or "{}"), json.loads(row["sources"] or "{}")
    values = {name: row[name] for name in CORE if row[name] is not None}
    values |= validation.sift({name: values[name] for name in ("phone", "email") if values.get(name)})[0]
    named = {name: (name, value) for name, value in values.items()}
    named |= {f"declared.{name}": (name, value) for name, value in declared.items()}
    parts: dict[tuple[str, datetime], dict[str, Any]] = {}
    for key, (name, value) in named.items():
        origin = sources.get(key) or {}
        place = (str(origin.get("source") or ""), rules.moment(origin.get("at")) or now)
        parts.setdefault(place, {})[name] = None if value == "" else value
    told = {"reference": row["reference"], "created_at": row["created_at"]}
    parts = parts or {("", now): {}}
    return [Submitted(values=said, source=source, at=at, **told) for (source, at), said in parts.items()]


def _checked(row: Submitted, number: int) -> Submitted:
    if row.standing not in STANDINGS:
        raise RowRefused(f"row {number}: '{row.standing}' is no standing; it takes {', '.join(STANDINGS)}")
    if not 0 <= row.certainty <= 1 or len(row.source) > 80:
        raise RowRefused(f"row {number}: a certainty from 0 to 1 and a source of at most 80 characters are needed")
    if len(row.reference) > rules.LENGTHS["reference"] or "\x00" in row.reference:
        raise RowRefused(f"row {number}: 'reference' has {len(row.reference)} characters, at most 64 fit")
    try:
        values = validation.clean_values(row.values)
    except CordialeError as error:
        raise RowRefused(f"row {number}: {error}") from error
    if row.standing != "own":
        values = {name: value for name, value in values.items() if value is not None}
    return replace(row, values=values, at=clock.require_aware(row.at))
