"""What we told others about a person: numbers only, given out on request and deleted on erasure."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from cordiale.customers.holdings import Holding
from cordiale.webhooks.models import Message, Notice


def export(customer_ids: Sequence[int]) -> list[dict[str, Any]]:
    """To whom it was told that something changed, and when."""
    messages = Message.objects.filter(customer_ids__overlap=list(customer_ids))
    rows = messages.order_by("pk").values("type", "at", "deliveries__endpoint__name", "deliveries__state")
    return [
        {"type": row["type"], "at": row["at"].isoformat(), "told": row["deliveries__endpoint__name"], "state": row["deliveries__state"]}
        for row in rows.iterator()
    ]  # fmt: skip


def erase(customer_ids: Sequence[int], now: datetime) -> int:
    """Forget what was said of them; a message that names others too loses their numbers in the index only when sent.

    Bodies hold nothing but numbers that lead to nobody once the customer is erased; those sent already are deleted.
    """
    numbers = list(customer_ids)
    sent = Message.objects.filter(customer_ids__overlap=numbers).exclude(deliveries__state="waiting")
    deleted = sent.delete()[0]
    for notice in Notice.objects.filter(type__in=("customers.changed", "consents.changed")):
        kept = [row for row in notice.data if (row.get("id") or row.get("customer_id")) not in numbers]
        if len(kept) != len(notice.data):
            Notice.objects.filter(pk=notice.pk).update(data=kept)
            deleted += 1
    return deleted


HOLDING = Holding(name="webhooks", order=61, export=export, erase=erase)
