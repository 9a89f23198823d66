"""Giving what a delivery tells to those who keep it: identity, consent, orders, the lake. Repeating changes nothing."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

import pyarrow as pa
from django.db import transaction

from cordiale.company import company
from cordiale.connectors.models import Connector, Inbound, Kind, SeenFact, State
from cordiale.connectors.orders import take_orders
from cordiale.connectors.rules import mapping, prestashop, shopify, values, woocommerce
from cordiale.connectors.rules.found import Choice, Found, Unreadable
from cordiale.consent import actions as consent
from cordiale.consent.models import Consent, ConsentProof
from cordiale.consent.rules import ConsentEntry
from cordiale.errors import CordialeError, Unavailable
from cordiale.facts import actions as facts
from cordiale.identity import actions as identity
from cordiale.identity.rules.telling import Told

ROWS = "rows"
"""The topic of a pulled batch: a JSON list of rows."""
PURPOSE = "offers"


def take(row: Inbound, now: datetime) -> list[int]:
    """Read a delivery and give on what it tells; the customers it is about. Raises Unreadable and what the others
    raise, with nothing written. Of a pulled batch the rows that cannot be taken become dead letters of their own.
    """
    connector, body = row.connector, bytes(row.body or b"")
    zone = str(connector.settings.get("zone") or company().zone)
    if connector.kind in {Kind.WOOCOMMERCE, Kind.SHOPIFY, Kind.PRESTASHOP}:
        return apply(connector, [_read_shop(row, body, zone)], row, now)
    reading = mapping.parse(connector.settings["mapping"])
    rows = values.document(body)
    if row.topic == ROWS:
        return _take_rows(row, reading, rows, zone, now)
    found = [mapping.read(reading, one, row.received_at, zone) for one in mapping.rows_of(reading, rows)]
    return apply(connector, found, row, now)


def _read_shop(row: Inbound, body: bytes, zone: str) -> Found:
    if row.connector.kind == Kind.WOOCOMMERCE:
        return woocommerce.read(row.topic, body, zone, row.received_at)
    if row.connector.kind == Kind.SHOPIFY:
        return shopify.read(row.topic, body, row.received_at)
    return prestashop.read(row.topic, body, zone)


def _take_rows(row: Inbound, reading: mapping.Reading, rows: Sequence[Any], zone: str, now: datetime) -> list[int]:
    """All rows at once; where one of them is refused, one by one."""
    good: list[tuple[Any, Found]] = []
    for one in rows:
        try:
            good.append((one, mapping.read(reading, one, row.received_at, zone)))
        except Unreadable as error:
            _bury(row, one, error)
    try:
        with transaction.atomic():
            return apply(row.connector, [found for _, found in good], row, now)
    except Unavailable:
        raise
    except CordialeError:
        return [number for one, found in good for number in _take_alone(row, one, found, now)]


def _take_alone(row: Inbound, one: Any, found: Found, now: datetime) -> list[int]:
    try:
        with transaction.atomic():
            return apply(row.connector, [found], row, now, part=_hash(one)[:16])
    except Unavailable:
        raise
    except CordialeError as error:
        _bury(row, one, error)
        return []


def _bury(row: Inbound, one: Any, error: CordialeError) -> None:
    dead = Inbound(
        connector=row.connector, key=_hash(one), topic=ROWS, body=_json([one]), received_at=row.received_at,
        state=State.DEAD, attempts=1, due_at=row.due_at, reason=str(error)[:500],
    )  # fmt: skip
    if len(values.document(bytes(row.body or b"[]"))) == 1:  # it is that dead letter already, tried again
        raise error
    Inbound.objects.bulk_create([dead], ignore_conflicts=True)


def apply(connector: Connector, found: Sequence[Found], row: Inbound, now: datetime, *, part: str = "") -> list[int]:
    """Give on what was found, in the caller's transaction; the customers concerned."""
    people = [one for one in found if one.person is not None]
    told = [_told(connector, one) for one in people]
    numbers = identity.tell(told, now) if told else []
    owner = {id(one): number for one, number in zip(people, numbers, strict=True)}
    _record_choices(connector, [(owner[id(one)], choice) for one in people for choice in one.choices], row, now)
    concerned = take_orders(connector, [(owner.get(id(one)), order) for one in found for order in one.orders], now)
    _record_facts(connector, "events", [(owner[id(one)], event.event_id, _event(event)) for one in people for event in one.events], row, part)  # fmt: skip
    _record_facts(connector, "answers", [(owner[id(one)], answer.answer_id, _answer(answer)) for one in people for answer in one.answers], row, part)  # fmt: skip
    return sorted({*numbers, *concerned})


def _told(connector: Connector, found: Found) -> Told:
    assert found.person is not None
    identifiers = dict(found.person.identifiers)
    if "reference" in identifiers and connector.kind in {Kind.WOOCOMMERCE, Kind.SHOPIFY, Kind.PRESTASHOP}:
        identifiers["reference"] = f"{connector.name}-{identifiers['reference']}"  # two shops count from 1 each
    return Told(identifiers=identifiers, values=found.person.values, source=connector.name, at=found.person.at)


def _record_choices(connector: Connector, choices: Sequence[tuple[int, Choice]], row: Inbound, now: datetime) -> None:
    entries = [_entry(connector, number, choice, row, now) for number, choice in choices if _counts(connector, number, choice, row)]  # fmt: skip
    fresh = [entry for entry in entries if not _is_known(entry)]
    if fresh:
        consent.record(fresh, now)


def _entry(connector: Connector, number: int, choice: Choice, row: Inbound, now: datetime) -> ConsentEntry:
    """`shop` is the person's own word to the ledger, and may follow a withdrawal; the connector's name never does."""
    return ConsentEntry(
        customer_id=number,
        purpose=choice.purpose or str(connector.settings.get("purpose") or PURPOSE),
        channel=choice.channel,
        state=choice.state,
        at=min(choice.at, now),
        source="shop" if choice.is_own else f"connector {connector.name}",
        wording=choice.how,
        form_url=_place(connector, row),
    )


def _place(connector: Connector, row: Inbound) -> str:
    return f"connector:{connector.name} {row.origin}".strip()[:300]


def _counts(connector: Connector, number: int, choice: Choice, row: Inbound) -> bool:
    """A "no" that may mean "never" counts only where the "yes" in force came through this connector."""
    if not choice.only_if_ours:
        return True
    purpose = choice.purpose or str(connector.settings.get("purpose") or PURPOSE)
    state = Consent.objects.filter(customer=number, purpose=purpose, channel=choice.channel, state="granted")
    return state.filter(proof__form_url__startswith=f"connector:{connector.name}").exists()


def _is_known(entry: ConsentEntry) -> bool:
    """Shops repeat what somebody decided in every order: the ledger keeps it once (without a date: until it changes)."""
    proofs = ConsentProof.objects.filter(customer=entry.customer_id, purpose=entry.purpose, channel=entry.channel)
    if entry.source == "shop":
        return proofs.filter(state=entry.state, at=entry.at, source=entry.source).exists()
    last = proofs.filter(source=entry.source).order_by("-at", "-pk").first()
    return last is not None and last.state == entry.state


def _record_facts(
    connector: Connector, table: str, rows: Sequence[tuple[int, str, dict[str, Any]]], row: Inbound, part: str
) -> None:
    """Those never seen before go to the lake, in one commit that happens once however often it is repeated."""
    keys = {_key(table, identifier): (number, fact) for number, identifier, fact in rows}
    known = set(SeenFact.objects.filter(connector_id=connector.pk, key__in=keys).values_list("key", flat=True))
    fresh = [
        {"customer_id": number, "source": connector.name, **fact}
        for key, (number, fact) in keys.items()
        if key not in known
    ]
    if not fresh:
        return
    SeenFact.objects.bulk_create(SeenFact(connector_id=connector.pk, key=key) for key in keys if key not in known)
    facts.record(table, pa.Table.from_pylist(fresh), app=(f"connector-{table}-{row.pk}{part}", 1))


def _event(event: Any) -> dict[str, Any]:
    properties = json.dumps(dict(event.properties), ensure_ascii=False)
    return {"event_id": event.event_id, "name": event.name, "ts": event.at, "properties": properties}


def _answer(answer: Any) -> dict[str, Any]:
    names = ("answer_id", "survey", "question", "kind", "value", "text", "channel")
    return {"ts": answer.at, **{name: getattr(answer, name) for name in names}}


def _key(table: str, identifier: str) -> UUID:
    return UUID(bytes=hashlib.sha256(f"{table}:{identifier}".encode()).digest()[:16])


def _hash(one: Any) -> str:
    return hashlib.sha256(_json(one)).hexdigest()


def _json(one: Any) -> bytes:
    return json.dumps(one, ensure_ascii=False, sort_keys=True, default=str).encode()
