"""What deliveries hold about a person: the messages, what became of them, and mail that was caught."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from cordiale import home
from cordiale.customers import holdings
from cordiale.deliveries.models import Message, Outcome
from cordiale.deliveries.tokens import message_token


def register() -> None:
    """Called once, when Django is ready."""
    holdings.register(holdings.Holding(name="deliveries", order=60, export=export, erase=erase))


def export(customer_ids: Sequence[int]) -> list[dict[str, Any]]:
    """Every message, oldest first, with its outcomes."""
    found = Message.objects.filter(customer_id__in=customer_ids).order_by("planned_at", "id")
    return [
        {
            "planned_at": one.planned_at, "channel": one.channel, "purpose": one.purpose, "programme": one.programme,
            "to": one.to_address,
            "outcomes": [{"kind": each.kind, "at": each.at, "detail": each.detail} for each in one.outcomes.all()],
        }
        for one in found.prefetch_related("outcomes")
    ]  # fmt: skip


def erase(customer_ids: Sequence[int], now: datetime) -> int:
    """Addresses and what servers answered go, and caught mail; that a message was sent, and when, names nobody.

    A message that was still to be sent has no address any more: the sender withholds it.
    """
    theirs = Message.objects.filter(customer_id__in=customer_ids)
    folder = home.current().mail
    for number in theirs.values_list("pk", flat=True).iterator(chunk_size=2_000):
        for file in (
            folder / f"{message_token(number)}.eml",
            *(folder / "duplicates").glob(f"{message_token(number)}.*"),
        ):
            file.unlink(missing_ok=True)
    touched = theirs.exclude(to_address="").update(to_address="")
    return touched + Outcome.objects.filter(message__in=theirs).exclude(detail="").update(detail="")
