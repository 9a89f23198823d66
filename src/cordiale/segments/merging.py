"""A merge: the merged customer leaves the segments at once; whose the survivor is, the next refresh says."""

from __future__ import annotations

from datetime import datetime

from cordiale.identity import merging
from cordiale.segments.models import Membership


def register() -> None:
    """Called once, when Django is ready."""
    merging.register(merging.MergePart(name="segments", order=20, merge=merge, unmerge=unmerge))


def merge(survivor_id: int, merged_id: int, now: datetime) -> list[int] | None:
    """End the stays of the merged customer."""
    stays = list(Membership.objects.filter(customer_id=merged_id, left_at=None).values_list("id", flat=True))
    Membership.objects.filter(id__in=stays).update(left_at=now)
    return stays or None


def unmerge(survivor_id: int, merged_id: int, undo: list[int] | None, now: datetime) -> None:
    """Open them again."""
    Membership.objects.filter(id__in=undo or []).update(left_at=None)
