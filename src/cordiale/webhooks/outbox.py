"""From what changed to messages. A notice is written by the change's own transaction; messages are made from it later.

Nothing is written where nobody listens. A change of many customers is a few notices of at most 500 numbers each, and
notices that wait are drawn together, a customer once a message. Of more than 10 000 only their number is told: an
import of a million makes a few rows, and who is told asks for what it needs.
"""

from __future__ import annotations

import json
import secrets
from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Sequence
from datetime import datetime
from typing import Any, TypeVar

from django.db import connection, transaction
from django.db.models import QuerySet

from cordiale.consent.rules import ConsentEntry
from cordiale.webhooks.models import Delivery, Endpoint, Message, Notice
from cordiale.webhooks.rules import CONSENTS, CUSTOMERS, MANY, MOST_CUSTOMERS, MOST_LISTED, subscriptions

_AT_ONCE = 400
"""Notices drawn together in one transaction."""
_LOCK = 0x0B0C
_One = TypeVar("_One")


def note_customers(customer_ids: Sequence[int], fields: Iterable[str], is_new: bool, now: datetime) -> None:
    """Keep that customers changed: numbers and names of fields, no value."""
    if not customer_ids or not _is_wanted(CUSTOMERS):
        return
    how = {"is_new": is_new, "fields": sorted(fields)}
    if len(customer_ids) > MOST_LISTED:
        _keep(CUSTOMERS, [{**how, "count": len(customer_ids)}], now)
    else:
        _keep(CUSTOMERS, [{**how, "customers": list(part)} for part in _parts(customer_ids)], now)


def note_consents(entries: Sequence[ConsentEntry], now: datetime) -> None:
    """Keep what was said of which purpose and channel. What holds now is told by asking: the latest word decides."""
    if not entries or not _is_wanted(CONSENTS):
        return
    if len(entries) > MOST_LISTED:
        _keep(CONSENTS, [{"count": len(entries)}], now)
    else:
        _keep(CONSENTS, [{"consents": [_said(one) for one in part]} for part in _parts(entries)], now)


def note(kind: str, data: dict[str, Any], now: datetime) -> None:
    """Keep something else that happened, told as it is."""
    if _is_wanted(kind):
        _keep(kind, [data], now)


def make_messages(now: datetime) -> int:
    """Turn what waits into messages and deliveries; how many messages. Several workers may do so at once.

    Notices are taken by deleting them, never by remembering a number: one that is committed late is found all the same.
    """
    made = 0
    while Notice.objects.exists():
        with transaction.atomic():
            alone()
            notices = list(Notice.objects.order_by("pk")[:_AT_ONCE])
            made += sum(_spread(one, now) for one in _compose(notices))
            Notice.objects.filter(pk__in=[one.pk for one in notices]).delete()
    return made


def alone() -> None:
    """Until the transaction ends nobody else makes messages: an erasure finds each number in one place."""
    with connection.cursor() as cursor:
        cursor.execute("select pg_advisory_xact_lock(%s)", [_LOCK])


def message(kind: str, data: dict[str, Any], at: datetime) -> Message:
    """A message, not saved: its id, its kind, its time, what changed. Numbers of customers, never their profile."""
    body = json.dumps({"type": kind, "timestamp": at.isoformat(), "data": data}, ensure_ascii=False)
    return Message(key=f"msg_{secrets.token_hex(16)}", type=kind, at=at, body=body, customer_ids=sorted(_numbers(data)))


def leave_out(one: Message, numbers: Collection[int]) -> bool:
    """Take customers out of a message that is kept; is anybody left in it?"""
    told = json.loads(one.body)
    told["data"] = without(told["data"], numbers)
    one.body = json.dumps(told, ensure_ascii=False)
    one.customer_ids = sorted(_numbers(told["data"]))
    return bool(one.customer_ids)


def without(data: dict[str, Any], numbers: Collection[int]) -> dict[str, Any]:
    """What changed (of a notice or a message), without some customers."""
    kept = dict(data)
    if "customers" in data:
        kept["customers"] = [number for number in data["customers"] if number not in numbers]
    if "consents" in data:
        kept["consents"] = [said for said in data["consents"] if said["customer"] not in numbers]
    if "changes" in data:
        changes = [without(change, numbers) for change in data["changes"]]
        kept["changes"] = [change for change in changes if change["customers"]]
    return kept


def _numbers(data: dict[str, Any]) -> set[int]:
    named = {number for change in data.get("changes", []) for number in change["customers"]}
    return named | {said["customer"] for said in data.get("consents", [])}


def _is_wanted(kind: str) -> bool:
    return _listening(kind).exists()


def _listening(kind: str) -> QuerySet[Endpoint]:
    return Endpoint.objects.filter(is_active=True, events__overlap=subscriptions(kind))


def _keep(kind: str, rows: Iterable[dict[str, Any]], now: datetime) -> None:
    Notice.objects.bulk_create(Notice(type=kind, at=now, data=row) for row in rows)


def _parts(rows: Sequence[_One]) -> Iterator[Sequence[_One]]:
    return (rows[start : start + MOST_CUSTOMERS] for start in range(0, len(rows), MOST_CUSTOMERS))


def _said(one: ConsentEntry) -> dict[str, Any]:
    return {
        "customer": one.customer_id, "purpose": one.purpose, "channel": one.channel, "said": one.state,
        "at": one.at.isoformat(),
    }  # fmt: skip


def _compose(notices: Sequence[Notice]) -> Iterator[Message]:
    told: dict[str, list[Notice]] = defaultdict(list)
    for notice in notices:
        told[notice.type].append(notice)
    for kind, some in told.items():
        at = max(notice.at for notice in some)
        if kind == CUSTOMERS:
            yield from _of_customers([notice.data for notice in some], at)
        elif kind == CONSENTS:
            yield from _of_consents([notice.data for notice in some], at)
        else:
            yield from (message(kind, notice.data, notice.at) for notice in some)


def _of_customers(rows: Sequence[dict[str, Any]], at: datetime) -> Iterator[Message]:
    changed: dict[int, tuple[bool, frozenset[str]]] = {}
    for row in rows:
        for number in row.get("customers", []):
            is_new, fields = changed.get(number, (False, frozenset()))
            changed[number] = (is_new or row["is_new"], fields.union(row["fields"]))
    count = len(changed) + sum(row.get("count", 0) for row in rows)
    if count > MOST_LISTED:
        fields = frozenset(name for row in rows for name in row["fields"])
        yield message(MANY[CUSTOMERS], {"count": count, "fields": sorted(fields)}, at)
        return
    for part in _parts(list(changed)):
        yield message(CUSTOMERS, {"changes": _alike(part, changed)}, at)


def _alike(numbers: Sequence[int], changed: dict[int, tuple[bool, frozenset[str]]]) -> list[dict[str, Any]]:
    """Customers of whom the same changed, together."""
    groups: dict[tuple[bool, frozenset[str]], list[int]] = defaultdict(list)
    for number in numbers:
        groups[changed[number]].append(number)
    return [
        {"customers": some, "is_new": is_new, "fields": sorted(fields)} for (is_new, fields), some in groups.items()
    ]


def _of_consents(rows: Sequence[dict[str, Any]], at: datetime) -> Iterator[Message]:
    said = [one for row in rows for one in row.get("consents", [])]
    count = len(said) + sum(row.get("count", 0) for row in rows)
    if count > MOST_LISTED:
        yield message(MANY[CONSENTS], {"count": count}, at)
        return
    for part in _parts(said):
        yield message(CONSENTS, {"consents": list(part)}, at)


def _spread(one: Message, now: datetime) -> int:
    """Save the message with a delivery for everybody who listens; 0 where nobody does any more."""
    listening = list(_listening(one.type).values_list("pk", flat=True))
    if not listening:
        return 0
    one.save(force_insert=True)
    Delivery.objects.bulk_create(Delivery(message=one, endpoint_id=endpoint, due_at=now) for endpoint in listening)
    return 1
