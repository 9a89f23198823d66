"""What we told others about a person: numbers only, given out on request and taken out on erasure."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from cordiale.customers.holdings import Holding
from cordiale.webhooks import outbox
from cordiale.webhooks.models import Message, Notice
from cordiale.webhooks.rules import CONSENTS, CUSTOMERS


def export(customer_ids: Sequence[int]) -> list[dict[str, Any]] | None:
    """To whom it was told that something changed, and when; the last thirty days."""
    messages = Message.objects.filter(customer_ids__overlap=list(customer_ids))
    rows = messages.order_by("pk").values_list("type", "at", "deliveries__endpoint__name", "deliveries__state")
    return [
        {"type": kind, "at": at.isoformat(), "told": told, "state": state} for kind, at, told, state in rows.iterator()
    ] or None


def erase(customer_ids: Sequence[int], now: datetime) -> int:
    """Take the numbers out of what was said and what waits to be said; what then names nobody goes."""
    outbox.alone()
    numbers, touched = frozenset(customer_ids), 0
    for message in Message.objects.filter(customer_ids__overlap=list(numbers)):
        if outbox.leave_out(message, numbers):
            message.save(update_fields=["body", "customer_ids"])
        else:
            message.delete()
        touched += 1
    for notice in Notice.objects.filter(type__in=(CUSTOMERS, CONSENTS)).iterator():
        kept = outbox.without(notice.data, numbers)
        if kept != notice.data:
            Notice.objects.filter(pk=notice.pk).update(data=kept)
            touched += 1
    return touched


HOLDING = Holding(name="webhooks", order=61, export=export, erase=erase)
