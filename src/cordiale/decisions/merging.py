"""A merge: contacts count for the survivor, and what was proposed to the merged customer is not decided any more."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from cordiale.decisions.models import Contact, Proposal
from cordiale.identity import merging


def register() -> None:
    """Called once, when Django is ready."""
    merging.register(merging.MergePart(name="decisions", order=40, merge=merge, unmerge=unmerge))


def merge(survivor_id: int, merged_id: int, now: datetime) -> dict[str, list[int]] | None:
    """Move the contacts, close the open proposals."""
    contacts = list(Contact.objects.filter(customer_id=merged_id).values_list("id", flat=True))
    proposals = list(Proposal.objects.filter(customer_id=merged_id, is_open=True).values_list("id", flat=True))
    Contact.objects.filter(id__in=contacts).update(customer_id=survivor_id)
    Proposal.objects.filter(id__in=proposals).update(is_open=False)
    return {"contacts": contacts, "proposals": proposals} if contacts or proposals else None


def unmerge(survivor_id: int, merged_id: int, undo: Any, now: datetime) -> None:
    """Give back the contacts and open the proposals again."""
    if undo:
        Contact.objects.filter(id__in=undo["contacts"]).update(customer_id=merged_id)
        Proposal.objects.filter(id__in=undo["proposals"]).update(is_open=True)
