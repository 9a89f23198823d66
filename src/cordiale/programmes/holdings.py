"""What programmes hold about a person: the walks through their scenarios."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from cordiale.customers import holdings
from cordiale.programmes.models import Enrolment


def register() -> None:
    """Called once, when Django is ready."""
    holdings.register(holdings.Holding(name="programmes", order=80, export=export, erase=erase))


def export(customer_ids: Sequence[int]) -> list[dict[str, Any]]:
    """Every walk, oldest first."""
    found = Enrolment.objects.filter(customer_id__in=customer_ids).order_by("entered_at", "id")
    columns = ("programme__name", "occurrence", "is_control", "entered_at", "exited_at", "exit_reason")
    return [{name.removesuffix("__name"): value for name, value in row.items()} for row in found.values(*columns)]


def erase(customer_ids: Sequence[int], now: datetime) -> int:
    """Walks under way end. Those that were keep counting in the programme's figures; they name nobody."""
    running = Enrolment.objects.filter(customer_id__in=customer_ids, exited_at=None)
    return running.update(exited_at=now, due_at=None, exit_reason="erased")
