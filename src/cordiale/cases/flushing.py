"""Steps of cases become facts of the lake's `events`, each exactly once."""

from __future__ import annotations

import json
from datetime import datetime

import pyarrow as pa
from django.db import connection, transaction

from cordiale import clock
from cordiale.cases.models import Batch, CaseFact
from cordiale.facts.actions import record
from cordiale.lake import fact_table

SOURCE = "cases"
LOCK = 0x436F7243
_AT_ONCE = 50_000


def flush(now: datetime) -> int:
    """Append what is new to the lake; how many facts. Safe to cut off at any moment and to call from several workers.

    A batch is fixed first, then written under its number, which the lake keeps in the same commit: a batch cut off
    before it was marked is given to the lake again, which refuses it.
    """
    clock.require_aware(now)
    flushed = 0
    while True:
        with transaction.atomic():
            _alone()
            batch = Batch.objects.filter(is_written=False).order_by("id").first() or _next_batch()
        if batch is None:
            return flushed
        flushed += _write(batch)


def _write(batch: Batch) -> int:
    with transaction.atomic():  # erasure takes the same lock: no fact reaches the lake after it
        _alone()
        if not Batch.objects.filter(pk=batch.pk, is_written=False).exists():
            return 0
        found = CaseFact.objects.filter(batch=batch).order_by("id")
        rows = [_row(fact) for fact in found]
        if rows:
            record("events", pa.Table.from_pylist(rows, fact_table("events").columns), app=("cases", batch.pk))
        Batch.objects.filter(pk=batch.pk).update(is_written=True)
    return len(rows)


def _next_batch() -> Batch | None:
    waiting = list(CaseFact.objects.filter(batch=None).order_by("id").values_list("id", flat=True)[:_AT_ONCE])
    if not waiting:
        return None
    batch = Batch.objects.create()
    CaseFact.objects.filter(id__in=waiting).update(batch=batch)
    return batch


def _row(fact: CaseFact) -> dict[str, object]:
    return {
        "customer_id": fact.customer_id, "ts": fact.at, "event_id": f"case-{fact.case_id}-{fact.pk}",
        "name": fact.name, "properties": json.dumps(fact.properties), "source": SOURCE,
    }  # fmt: skip


def _alone() -> None:
    with connection.cursor() as cursor:
        cursor.execute("select pg_advisory_xact_lock(%s)", [LOCK])
