"""What duplicates add to others: their share of merges, what they hold of a person, the job, the daily search."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from django.db.models import Q, QuerySet
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from cordiale.customers import holdings
from cordiale.duplicates import finding
from cordiale.duplicates.models import Compared, State, Suggestion
from cordiale.identity import merging
from cordiale.jobs import daily, kinds
from cordiale.jobs.progress import Progress

KIND = "duplicates"


def register() -> None:
    """Called once, when Django is ready."""
    merging.register(merging.MergePart(name="duplicates", order=80, merge=merge, unmerge=unmerge))
    holdings.register(holdings.Holding(name="duplicates", order=80, export=export, erase=erase))
    kinds.register(kinds.Kind(KIND, run, _("Looking for duplicates"), lambda job: reverse("duplicates:list")))
    daily.register(daily.Daily(name="duplicates", order=60, run=finding.find))


class Stopped(Exception):
    """Somebody no longer wants the search."""


def run(job: Progress) -> dict[str, Any] | None:
    """The job: one search; `full` looks at the whole base again."""

    def watch(done: int, total: int) -> None:
        job.done(done, total)
        if job.is_cancelled():
            raise Stopped

    try:
        found = finding.find(job.now, full=bool(job.arguments.get("full")), watch=watch)
    except Stopped:
        return None
    return {"customers": found.customers, "open": found.open, "merged": found.merged, "seconds": found.seconds}


def merge(survivor_id: int, merged_id: int, now: datetime) -> None:
    """A suggested pair is answered by its merge, wherever that was asked for. Pairs of the hidden one wait."""
    _of(survivor_id, merged_id).update(state=State.MERGED, survivor_id=survivor_id, decided_at=now)


def unmerge(survivor_id: int, merged_id: int, undo: Any, now: datetime) -> None:
    """Taking a merge back says that they are two people; nobody suggests the contrary the next night."""
    changed = _of(survivor_id, merged_id).update(state=State.REFUSED, survivor_id=None, decided_at=now)
    if not changed:
        first, second = sorted((survivor_id, merged_id))
        Suggestion.objects.create(
            first_id=first, second_id=second, probability=0, state=State.REFUSED, found_at=now, decided_at=now
        )


def export(customer_ids: Sequence[int]) -> list[dict[str, Any]] | None:
    """With how many others this person was thought to be one, on what grounds; never who these are."""
    names = ("probability", "levels", "state", "found_at", "decided_at")
    rows = _with(customer_ids).order_by("found_at", "pk")
    return [{name: getattr(row, name) for name in names} for row in rows] or None


def erase(customer_ids: Sequence[int], now: datetime) -> int:
    """Nothing is kept: no value stands in a suggestion, and who is gone is not compared."""
    return _with(customer_ids).delete()[0] + Compared.objects.filter(customer_id__in=customer_ids).delete()[0]


def _of(one: int, other: int) -> QuerySet[Suggestion]:
    first, second = sorted((one, other))
    return Suggestion.objects.filter(first_id=first, second_id=second)


def _with(customer_ids: Sequence[int]) -> QuerySet[Suggestion]:
    return Suggestion.objects.filter(Q(first_id__in=customer_ids) | Q(second_id__in=customer_ids))
