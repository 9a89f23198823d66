"""From what changed to messages. A notice is written by the change's own transaction; messages are made from it later.

Nothing is written where nobody listens. A change of many customers is a few notices of at most 500 numbers each, and
notices that wait are drawn together, a customer once a message: an import never makes a row a customer.
"""

from __future__ import annotations

import json
import secrets
from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any

from django.db import transaction

from cordiale.webhooks.models import Delivery, Endpoint, Message, Notice
from cordiale.webhooks.rules import CONSENTS, CUSTOMERS, MOST_CUSTOMERS

_AT_ONCE = 400
"""Notices drawn together in one transaction."""


def note(kind: str, rows: Sequence[dict[str, Any]], now: datetime) -> None:
    """Keep what changed, in the caller's transaction, where somebody wants to know. One notice for 500 rows."""
    if not rows or not Endpoint.objects.filter(is_active=True, events__contains=[kind]).exists():
        return
    Notice.objects.bulk_create(
        (
            Notice(type=kind, at=now, data=list(rows[start : start + MOST_CUSTOMERS]))
            for start in range(0, len(rows), MOST_CUSTOMERS)
        ),
        batch_size=100,
    )


def make_messages(now: datetime) -> int:
    """Turn what waits into messages and deliveries; how many messages. Several workers may do so at once.

    Notices are taken by deleting them, never by remembering a number: one that is committed late is found all the same.
    """
    made = 0
    while True:
        with transaction.atomic():
            notices = list(Notice.objects.select_for_update(skip_locked=True).order_by("pk")[:_AT_ONCE])
            if not notices:
                return made
            made += sum(_spread(message) for message in _messages(notices))
            Notice.objects.filter(pk__in=[one.pk for one in notices]).delete()


def _messages(notices: Iterable[Notice]) -> list[Message]:
    by_type: dict[str, list[Notice]] = {}
    for notice in notices:
        by_type.setdefault(notice.type, []).append(notice)
    return [message for kind, told in by_type.items() for message in _of_type(kind, told)]


def _of_type(kind: str, notices: Sequence[Notice]) -> list[Message]:
    if kind not in {CUSTOMERS, CONSENTS}:
        return [message(kind, row, notice.at) for notice in notices for row in notice.data]
    rows = [(row, notice.at) for notice in notices for row in notice.data]
    merged = _customers(rows) if kind == CUSTOMERS else _consents(rows)
    at = max(notice.at for notice in notices)
    name = "customers" if kind == CUSTOMERS else "consents"
    return [
        message(kind, {name: merged[start : start + MOST_CUSTOMERS]}, at)
        for start in range(0, len(merged), MOST_CUSTOMERS)
    ]


def _customers(rows: Iterable[tuple[dict[str, Any], datetime]]) -> list[dict[str, Any]]:
    merged: dict[int, dict[str, Any]] = {}
    for row, _ in rows:
        known = merged.setdefault(row["id"], {"id": row["id"], "is_new": False, "fields": []})
        known["is_new"] = known["is_new"] or row["is_new"]
        known["fields"] = sorted({*known["fields"], *row["fields"]})
    return list(merged.values())


def _consents(rows: Iterable[tuple[dict[str, Any], datetime]]) -> list[dict[str, Any]]:
    return list({(row["customer_id"], row["purpose"], row["channel"]): row for row, _ in rows}.values())


def message(kind: str, data: dict[str, Any], at: datetime) -> Message:
    """A message: its id, its kind, its time, what changed. Numbers of customers, never their profile."""
    numbers = [row["id"] for row in data.get("customers", [])] + [
        row["customer_id"] for row in data.get("consents", [])
    ]
    body = json.dumps({"type": kind, "timestamp": at.isoformat(), "data": data}, ensure_ascii=False)
    return Message(key=f"msg_{secrets.token_hex(16)}", type=kind, at=at, body=body, customer_ids=sorted(set(numbers)))


def _spread(one: Message) -> int:
    """Save the message with a delivery for everybody who listens; 0 where nobody does any more."""
    listening = list(Endpoint.objects.filter(is_active=True, events__contains=[one.type]).values_list("pk", flat=True))
    if not listening:
        return 0
    one.save(force_insert=True)
    Delivery.objects.bulk_create(Delivery(message=one, endpoint_id=endpoint, due_at=one.at) for endpoint in listening)
    return 1
