"""What decisions hold about a person: what was proposed, decided and why."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from cordiale.customers import holdings
from cordiale.decisions.models import Decision, Proposal


def register() -> None:
    """Called once, when Django is ready."""
    holdings.register(holdings.Holding(name="decisions", order=70, export=export, erase=erase))


def export(customer_ids: Sequence[int]) -> list[dict[str, Any]]:
    """Every decision, oldest first, with the rule and the values that made it."""
    found = Decision.objects.filter(proposal__customer_id__in=customer_ids).order_by("at", "id")
    columns = (
        "at",
        "verdict",
        "rule",
        "values",
        "proposal__programme",
        "proposal__step",
        "proposal__channel",
        "proposal__purpose",
    )
    return [{name.removeprefix("proposal__"): value for name, value in row.items()} for row in found.values(*columns)]


def erase(customer_ids: Sequence[int], now: datetime) -> int:
    """The values a decision saw are the person's and go; that there was one, and its rule, name nobody."""
    Proposal.objects.filter(customer_id__in=customer_ids, is_open=True).update(is_open=False)
    return Decision.objects.filter(proposal__customer_id__in=customer_ids).exclude(values={}).update(values={})
