"""Relations of a person: given out, erased, and what a merge does to them."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from django.db.models import Q, QuerySet

from cordiale.customers import holdings
from cordiale.identity import merging
from cordiale.relations.models import Relation
from cordiale.relations.rules import ordered


def register() -> None:
    """Called once, when Django is ready."""
    holdings.register(holdings.Holding(name="relations", order=30, export=export, erase=erase))
    merging.register(merging.MergePart(name="relations", order=15, merge=merge, unmerge=unmerge))


def export(customer_ids: Sequence[int]) -> list[dict[str, Any]] | None:
    """Each relation with the other's number: who that is, is the other's data."""
    found = _of(customer_ids).order_by("id")
    return [
        {
            "kind": one.kind, "from": one.one_id, "to": one.other_id, "since": one.since.isoformat(),
            "until": one.until.isoformat() if one.until else None, "source": one.source,
        }
        for one in found
    ] or None  # fmt: skip


def erase(customer_ids: Sequence[int], now: datetime) -> int:
    """Delete all of them."""
    return _of(customer_ids).delete()[0]


def merge(survivor_id: int, merged_id: int, now: datetime) -> list[dict[str, Any]] | None:
    """The survivor takes the merged one's relations over; one that would be to himself, or twice, ends."""
    undo = []
    for one in Relation.objects.filter(Q(one=merged_id) | Q(other=merged_id)).order_by("id"):
        undo.append(_state(one))
        pair = [survivor_id if number == merged_id else number for number in (one.one_id, one.other_id)]
        first, second = ordered(one.kind, *pair)
        if first == second or _stands(one, first, second):
            Relation.objects.filter(id=one.id).update(until=one.until or now)
        else:
            Relation.objects.filter(id=one.id).update(one_id=first, other_id=second)
    return undo or None


def unmerge(survivor_id: int, merged_id: int, undo: Any, now: datetime) -> None:
    """Give them back; one that was ended since stays ended."""
    for was in undo or []:
        for one in Relation.objects.filter(id=was["id"]):
            moved = (one.one_id, one.other_id) != (was["one"], was["other"])
            one.one_id, one.other_id = was["one"], was["other"]
            if not moved:  # it had ended with the merge
                one.until = datetime.fromisoformat(was["until"]) if was["until"] else None
            one.save()


def _state(one: Relation) -> dict[str, Any]:
    return {
        "id": one.id, "one": one.one_id, "other": one.other_id, "until": one.until.isoformat() if one.until else None,
    }  # fmt: skip


def _stands(one: Relation, first: int, second: int) -> bool:
    standing = Relation.objects.filter(kind=one.kind, one=first, other=second, until=None)
    return one.until is None and standing.exclude(id=one.id).exists()


def _of(customer_ids: Sequence[int]) -> QuerySet[Relation]:
    return Relation.objects.filter(Q(one__in=customer_ids) | Q(other__in=customer_ids))
