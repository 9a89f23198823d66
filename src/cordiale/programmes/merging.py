"""A merge: the merged customer's walks end, and go on where they stood when it is undone."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from cordiale import clock
from cordiale.identity import merging
from cordiale.programmes.models import Enrolment

REASON = "merged"


def register() -> None:
    """Called once, when Django is ready."""
    merging.register(merging.MergePart(name="programmes", order=30, merge=merge, unmerge=unmerge))


def merge(survivor_id: int, merged_id: int, now: datetime) -> list[dict[str, Any]] | None:
    """End the walks of the merged customer; the survivor's own go on."""
    walks = Enrolment.objects.filter(customer_id=merged_id, exited_at=None)
    undo = [{"id": one.id, "due_at": one.due_at.isoformat() if one.due_at else None} for one in walks]
    walks.update(exited_at=now, due_at=None, exit_reason=REASON)
    return undo or None


def unmerge(survivor_id: int, merged_id: int, undo: Any, now: datetime) -> None:
    """Let the walks go on."""
    for walk in undo or []:
        due_at = clock.parse_instant(walk["due_at"]) if walk["due_at"] else None
        Enrolment.objects.filter(id=walk["id"]).update(exited_at=None, due_at=due_at, exit_reason="")
