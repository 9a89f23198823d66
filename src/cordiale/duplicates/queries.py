"""Reads of suggestions."""

from __future__ import annotations

import json
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from django.db.models import Q, QuerySet

from cordiale.duplicates.models import Run, State, Suggestion

_SAMPLE = Path(__file__).parent / "data" / "sample.json"
SHARED = ("email", "phone", "birth_on", "address")
"""What the list can be narrowed to: pairs that share it."""


@dataclass(frozen=True)
class Measured:
    """On the labelled sample: the share of pairs from `threshold` up that are one person, and of all such found."""

    threshold: float
    precision: float
    recall: float


def open_count() -> int:
    """Pairs that wait for a decision."""
    return _present().filter(state=State.OPEN).count()


def queue(*, state: str = State.OPEN, shared: str = "") -> QuerySet[Suggestion]:
    """Suggestions of a state with their customers: open ones by probability, decided ones latest first."""
    found = Suggestion.objects.filter(state=state).select_related("first", "second")
    if shared in SHARED:
        found = found.filter(**{f"levels__{shared}": "same"})
    if state == State.OPEN:
        return found.filter(_BOTH_PRESENT).order_by("-probability", "id")
    return found.exclude(decided_at=None).order_by("-decided_at", "-id")


def of_customers(customer_ids: list[int]) -> QuerySet[Suggestion]:
    """The open suggestions with any of these customers."""
    return queue().filter(Q(first_id__in=customer_ids) | Q(second_id__in=customer_ids))


def latest_run() -> Run | None:
    """The last search, None before the first."""
    return Run.objects.defer("model").order_by("-id").first()


@cache
def sample() -> tuple[int, tuple[Measured, ...]]:
    """How many records the labelled sample had, and what was measured on it by threshold."""
    values: dict[str, Any] = json.loads(_SAMPLE.read_text())
    return values["records"], tuple(Measured(*row) for row in values["rows"])


_BOTH_PRESENT = Q(first__merged_into=None, second__merged_into=None)


def _present() -> QuerySet[Suggestion]:
    return Suggestion.objects.filter(_BOTH_PRESENT)
