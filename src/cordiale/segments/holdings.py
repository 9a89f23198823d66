"""What segments hold about a person: the stays, and places on lists."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from cordiale.customers import holdings
from cordiale.segments.models import Listing, Membership


def register() -> None:
    """Called once, when Django is ready."""
    holdings.register(holdings.Holding(name="segments", order=50, export=export, erase=erase))


def export(customer_ids: Sequence[int]) -> list[dict[str, Any]]:
    """Every stay, then every place on a list, oldest first."""
    found = Membership.objects.filter(customer_id__in=customer_ids).order_by("entered_at", "id")
    stays = [
        {name.removesuffix("__name"): value for name, value in row.items()}
        for row in found.values("segment__name", "entered_at", "left_at")
    ]
    listed = Listing.objects.filter(customer_id__in=customer_ids).order_by("at", "id")
    return stays + [
        {"segment": segment, "listed_at": at, "source": source}
        for segment, at, source in listed.values_list("segment__name", "at", "source")
    ]


def erase(customer_ids: Sequence[int], now: datetime) -> int:
    """Places on lists go. Stays end; those that were keep the segment's history right, and name nobody."""
    Listing.objects.filter(customer_id__in=customer_ids).delete()
    return Membership.objects.filter(customer_id__in=customer_ids, left_at=None).update(left_at=now)
