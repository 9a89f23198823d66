"""What identity holds about a person: the values that point to them, their browsers, conflicts and merges."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from django.db.models import Q

from cordiale.customers import holdings
from cordiale.identity import tables
from cordiale.identity.models import Alias, Conflict, Identity, Merge, Sighting, Visitor

_TO_CLAIMANTS = """
INSERT INTO identity_identity (kind, value, customer_id, source, created_at)
SELECT DISTINCT ON (kind, value) kind, value, claimant_id, source, created_at FROM identity_conflict
WHERE holder_id = ANY(%s) AND claimant_id <> ALL(%s) ORDER BY kind, value, id ON CONFLICT DO NOTHING RETURNING kind
"""


def register() -> None:
    """Called once, when Django is ready."""
    holdings.register(holdings.Holding(name="identity", order=20, export=export, erase=erase))


def export(customer_ids: Sequence[int]) -> dict[str, Any] | None:
    """Identifiers, browsers and merges."""
    numbers = list(customer_ids)
    tied = Identity.objects.filter(customer_id__in=numbers).exclude(kind="row").order_by("kind", "value")
    seen = Sighting.objects.filter(customer_id__in=numbers).order_by("at")
    merged = Merge.objects.filter(merged_id__in=numbers).order_by("id")
    held = {
        "identifiers": [
            {"kind": one.kind, "value": one.value, "source": one.source, "since": one.created_at.isoformat()}
            for one in tied
        ],
        "browsers": [{"anonymous_id": one.anonymous_id, "first_seen_at": one.at.isoformat()} for one in seen],
        "merges": [
            {
                "at": one.at.isoformat(), "survivor": one.survivor_id, "merged": one.merged_id, "reason": one.reason,
                "undone_at": one.undone_at.isoformat() if one.undone_at else None,
            }
            for one in merged
        ],
    }  # fmt: skip
    return held if any(held.values()) else None


def erase(customer_ids: Sequence[int], now: datetime) -> int:
    """Delete all of it. A value that another customer claimed is that one's from now on."""
    numbers = list(customer_ids)
    tables.lock()
    browsers = Sighting.objects.filter(customer_id__in=numbers).values_list("anonymous_id", flat=True)
    gone = [
        Identity.objects.filter(customer_id__in=numbers),
        Visitor.objects.filter(Q(id__in=numbers) | Q(anonymous_id__in=list(browsers), is_shared=False)),
        Sighting.objects.filter(customer_id__in=numbers),
        Alias.objects.filter(Q(alias_id__in=numbers) | Q(customer_id__in=numbers)),
        Merge.objects.filter(Q(merged_id__in=numbers) | Q(survivor_id__in=numbers)),
    ]
    touched = sum(rows.delete()[0] for rows in gone)
    tables.rows(_TO_CLAIMANTS, numbers, numbers)
    return touched + Conflict.objects.filter(Q(holder_id__in=numbers) | Q(claimant_id__in=numbers)).delete()[0]
