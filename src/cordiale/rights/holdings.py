"""What the register of requests holds about a person."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from cordiale.customers import holdings
from cordiale.rights.models import Request


def register() -> None:
    """Called once, when Django is ready."""
    holdings.register(holdings.Holding(name="rights", order=90, export=export, erase=erase))


def export(customer_ids: Sequence[int]) -> list[dict[str, Any]]:
    """The person's requests, oldest first."""
    found = Request.objects.filter(customer_id__in=customer_ids).order_by("received_at", "id")
    rows = found.values("kind", "received_at", "channel", "note", "due_on", "state", "closed_at", "answer")
    return [dict(row) for row in rows]


def erase(customer_ids: Sequence[int], now: datetime) -> int:
    """What was written in free words goes; the lines stay, for the register has to show that they were answered."""
    found = Request.objects.filter(customer_id__in=customer_ids)
    return found.update(note="", extension_reason="", answer="")
