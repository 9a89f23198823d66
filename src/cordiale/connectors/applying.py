"""Giving what a delivery tells to those who keep it: identity, consent, orders. Repeating changes nothing."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from django.db import transaction

from cordiale.company import company
from cordiale.connectors import choices, happenings
from cordiale.connectors.models import Connector, Inbound, Kind, State
from cordiale.connectors.orders import take_orders
from cordiale.connectors.rules import mapping, prestashop, shopify, values, woocommerce
from cordiale.connectors.rules.found import Found, Person, Unreadable
from cordiale.customers import validation
from cordiale.customers.fields import fields
from cordiale.errors import CordialeError, Unavailable
from cordiale.identity import actions as identity
from cordiale.identity.rules.telling import Told

ROWS = "rows"
"""The topic of a pulled batch: a JSON list of rows."""
SHOPS = frozenset({Kind.WOOCOMMERCE, Kind.SHOPIFY, Kind.PRESTASHOP})


@dataclass
class Taken:
    """What a delivery led to: whom it concerned, facts for the lake by table, values that were left out and why."""

    customer_ids: set[int] = field(default_factory=set)
    facts: dict[str, list[dict[str, Any]]] = field(default_factory=dict)
    left_out: list[str] = field(default_factory=list)

    def add(self, other: Taken) -> None:
        """What another part of the delivery led to."""
        self.customer_ids |= other.customer_ids
        for table, rows in other.facts.items():
            self.facts.setdefault(table, []).extend(rows)
        self.left_out.extend(other.left_out)


def take(row: Inbound, now: datetime) -> Taken:
    """Read a delivery and give on what it tells, in the caller's transaction. Raises Unreadable and what the others
    raise. Of a pulled batch the rows that cannot be taken become dead letters of their own.
    """
    connector, body = row.connector, bytes(row.body or b"")
    if connector.kind in SHOPS:
        return _apply(connector, [_read_shop(row, body, _zone(row))], row, now)
    reading = _reading(connector)
    rows = values.document(body)
    if row.topic == ROWS:
        return _take_rows(row, reading, rows, now)
    found = [mapping.read(reading, one, row.received_at, _zone(row)) for one in mapping.rows_of(reading, rows)]
    return _apply(connector, found, row, now)


def things_in(row: Inbound) -> list[Any]:
    """The rows of a body, or the whole of it; each as `people_in` takes it. Raises Unreadable."""
    body = values.document(bytes(row.body or b""))
    if row.connector.kind in SHOPS:
        return [body]
    return body if row.topic == ROWS else mapping.rows_of(_reading(row.connector), body)


def people_in(row: Inbound, thing: Any) -> list[Person]:
    """Whom one of the `things_in` a body is about. Raises Unreadable."""
    if row.connector.kind in SHOPS:
        found = _read_shop(row, bytes(row.body or b""), _zone(row))
    else:
        found = mapping.read(_reading(row.connector), thing, row.received_at, _zone(row))
    return [found.person] if found.person is not None else []


def _reading(connector: Connector) -> mapping.Reading:
    return mapping.parse(connector.settings["mapping"], tuple(fields()))


def _zone(row: Inbound) -> str:
    return str(row.connector.settings.get("zone") or company().zone)


def _read_shop(row: Inbound, body: bytes, zone: str) -> Found:
    if row.connector.kind == Kind.WOOCOMMERCE:
        opt_in = str(row.connector.settings.get("opt_in", ""))
        return woocommerce.read(row.topic, body, zone, row.received_at, opt_in)
    if row.connector.kind == Kind.SHOPIFY:
        return shopify.read(row.topic, body, row.received_at)
    return prestashop.read(row.topic, body, zone)


def _take_rows(row: Inbound, reading: mapping.Reading, rows: Sequence[Any], now: datetime) -> Taken:
    """All rows at once; where one of them is refused, one by one."""
    good: list[tuple[Any, Found]] = []
    for one in rows:
        try:
            good.append((one, mapping.read(reading, one, row.received_at, _zone(row))))
        except Unreadable as error:
            _bury(row, one, error, len(rows))
    try:
        with transaction.atomic():
            return _apply(row.connector, [found for _, found in good], row, now)
    except Unavailable:
        raise
    except CordialeError:
        taken = Taken()
        for one, found in good:
            taken.add(_take_alone(row, one, found, now, len(rows)))
        return taken


def _take_alone(row: Inbound, one: Any, found: Found, now: datetime, of: int) -> Taken:
    try:
        with transaction.atomic():
            return _apply(row.connector, [found], row, now)
    except Unavailable:
        raise
    except CordialeError as error:
        _bury(row, one, error, of)
        return Taken()


def _bury(row: Inbound, one: Any, error: CordialeError, of: int) -> None:
    """Set a row aside. The only row of its batch is the dead letter itself."""
    if of == 1:
        raise error
    told = values.plain(json.dumps(one, ensure_ascii=False, sort_keys=True, default=str)).encode()
    dead = Inbound(
        connector=row.connector, key=hashlib.sha256(told).hexdigest(), topic=ROWS, body=b"[" + told + b"]",
        received_at=row.received_at, state=State.DEAD, attempts=1, due_at=row.due_at, reason=str(error)[:500],
        settled_at=row.received_at,
    )  # fmt: skip
    Inbound.objects.bulk_create([dead], ignore_conflicts=True)


def _apply(connector: Connector, found: Sequence[Found], row: Inbound, now: datetime) -> Taken:
    people = [one for one in found if one.person is not None]
    told = [_told(connector, one.person, now) for one in people if one.person is not None]
    numbers = identity.tell([one for one, _ in told], now) if told else []
    owner = {id(one): number for one, number in zip(people, numbers, strict=True)}
    choices.record(connector, row, [(owner[id(one)], choice) for one in people for choice in one.choices], now)
    concerned = take_orders(connector, [(owner.get(id(one)), order) for one in found for order in one.orders], now)
    facts = happenings.collect(connector.name, [(owner[id(one)], one) for one in people])
    return Taken({*numbers, *concerned}, facts, [reason for _, problems in told for reason in problems])


def _told(connector: Connector, person: Person, now: datetime) -> tuple[Told, list[str]]:
    """What is said of somebody, and what is left out of it: a value that is not valid keeps nothing else away."""
    valid, problems = validation.sift(person.values, str(person.values.get("country") or ""))
    told = Told(identifiers=named(connector, person), values=valid, source=connector.name, at=min(person.at, now))
    return told, [f"{name}: {reason}" for name, reason in problems.items()]


def named(connector: Connector, person: Person) -> dict[str, str]:
    """A person's identifiers as they are kept: two shops count their customers from 1 each."""
    identifiers = dict(person.identifiers)
    if "reference" in identifiers and connector.kind in SHOPS:
        identifiers["reference"] = f"{connector.name}-{identifiers['reference']}"
    return identifiers
