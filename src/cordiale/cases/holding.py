"""Cases when two customers become one (and two again), and when a person asks for the data, or to be forgotten."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from django.db import connection

from cordiale.cases.flushing import LOCK
from cordiale.cases.models import Case, CaseFact, CaseNote
from cordiale.customers import holdings
from cordiale.identity import merging


def register() -> None:
    """Called once, when Django is ready."""
    merging.register(merging.MergePart(name="cases", order=40, merge=merge, unmerge=unmerge))
    holdings.register(holdings.Holding(name="cases", order=40, export=export, erase=erase))


def merge(survivor_id: int, merged_id: int, now: datetime) -> list[int] | None:
    """The merged customer's cases follow; their numbers undo it."""
    numbers = list(Case.objects.filter(customer_id=merged_id).order_by("id").values_list("id", flat=True))
    Case.objects.filter(id__in=numbers).update(customer_id=survivor_id)
    return numbers or None


def unmerge(survivor_id: int, merged_id: int, undo: Any, now: datetime) -> None:
    """The cases that came go back; those opened since stay with the survivor."""
    Case.objects.filter(id__in=undo or [], customer_id=survivor_id).update(customer_id=merged_id)


def export(customer_ids: Sequence[int]) -> list[dict[str, Any]] | None:
    """Every case with everything said in it, the internal notes too: they are about the person."""
    cases = Case.objects.filter(customer_id__in=customer_ids).prefetch_related("notes").order_by("id")
    return [
        {
            "number": case.pk, "channel": case.channel, "subject": case.subject, "text": case.text,
            "category": case.category, "state": case.state, "opened_at": case.opened_at.isoformat(),
            "first_answer_at": _iso(case.first_answer_at), "resolved_at": _iso(case.resolved_at),
            "satisfaction": case.satisfaction, "satisfaction_comment": case.satisfaction_comment,
            "source": case.source,
            "notes": [
                {"kind": one.kind, "author": one.author, "at": one.at.isoformat(), "text": one.text}
                for one in sorted(case.notes.all(), key=lambda one: (one.at, one.pk))
            ],
        }
        for case in cases
    ] or None  # fmt: skip


def erase(customer_ids: Sequence[int], now: datetime) -> int:
    """Words and customer go; times, category and satisfaction stay, so that the figures of the inbox stay right."""
    with connection.cursor() as cursor:  # a fact on its way to the lake gets there before the lake is erased, or never
        cursor.execute("select pg_advisory_xact_lock(%s)", [LOCK])
    numbers = list(Case.objects.filter(customer_id__in=customer_ids).values_list("id", flat=True))
    CaseNote.objects.filter(case_id__in=numbers).delete()
    CaseFact.objects.filter(case_id__in=numbers).delete()
    return Case.objects.filter(id__in=numbers).update(
        customer=None, subject="", text="", satisfaction_comment="", updated_at=now
    )


def _iso(moment: datetime | None) -> str | None:
    return moment.isoformat() if moment else None
