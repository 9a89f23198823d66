"""Verbs on the outbox: plan messages, deliver them, tell the lake what became of them."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

import pyarrow as pa
from django.db import connection, transaction
from django.db.models import Max

from cordiale import clock
from cordiale.content import queries as content
from cordiale.deliveries import locks
from cordiale.deliveries.models import Chunk, Flush, Outcome
from cordiale.deliveries.rules import PlannedMessage
from cordiale.deliveries.sending import deliver
from cordiale.errors import CordialeError
from cordiale.lake import fact_table, open_lake

__all__ = ["deliver", "flush_outcomes", "plan"]

CHUNK = 500
_FLUSHED_AT_ONCE = 200_000

_PLAN = """
insert into deliveries_message (chunk_id, proposal_id, customer_id, channel, purpose, programme, step,
                                template_version_id, to_address, planned_at)
select %(chunk)s, row.proposal_id, row.customer_id, row.channel, row.purpose, row.programme, row.step, row.version_id,
       case row.channel when 'email' then customer.email when 'sms' then customer.phone else '' end, %(now)s
from unnest(%(proposals)s::bigint[], %(customers)s::bigint[], %(channels)s::text[], %(purposes)s::text[],
            %(programmes)s::text[], %(steps)s::text[], %(versions)s::bigint[])
     as row (proposal_id, customer_id, channel, purpose, programme, step, version_id)
join customers_customer customer on customer.id = row.customer_id
order by row.proposal_id
on conflict (proposal_id) do nothing
"""


def plan(rows: Sequence[PlannedMessage], now: datetime) -> int:
    """Put messages in the outbox, in the caller's transaction; returns how many were new.

    The address is the customer's at this moment and the template's current version is fixed. A proposal that has its
    message already is left alone. Raises CordialeError, with nothing planned, for an unknown template.
    """
    clock.require_aware(now)
    versions = content.current_versions()
    for name in {row.template for row in rows} - versions.keys():
        raise CordialeError(f"there is no template '{name}'; add its folder and apply the templates")
    with transaction.atomic():
        return sum(_plan_chunk(rows[start : start + CHUNK], versions, now) for start in range(0, len(rows), CHUNK))


def _plan_chunk(rows: Sequence[PlannedMessage], versions: dict[str, int], now: datetime) -> int:
    chunk = Chunk.objects.create()
    values: dict[str, Any] = {
        "chunk": chunk.pk,
        "now": now,
        "proposals": [row.proposal_id for row in rows],
        "customers": [row.customer_id for row in rows],
        "channels": [row.channel for row in rows],
        "purposes": [row.purpose for row in rows],
        "programmes": [row.programme for row in rows],
        "steps": [row.step for row in rows],
        "versions": [versions[row.template] for row in rows],
    }
    with connection.cursor() as cursor:
        cursor.execute(_PLAN, values)
        planned = int(cursor.rowcount)
    if not planned:
        chunk.delete()
    return planned


def flush_outcomes(now: datetime) -> int:
    """Append what is new in the log to the lake's `messages`, each outcome exactly once; returns how many.

    A range of ids is fixed first, while writers are kept out for a moment: a row that commits late would otherwise be
    skipped for ever. The lake remembers the last id of a range: one cut off by a crash is not written twice.
    """
    clock.require_aware(now)
    flushed = 0
    with locks.one_flusher():
        while (span := _next_span()) is not None:
            flushed += _append(*span)
            Flush.objects.filter(pk=1).update(done=span[1])
    return flushed


def _next_span() -> tuple[int, int] | None:
    with transaction.atomic(), connection.cursor() as cursor:
        flush, _ = Flush.objects.select_for_update().get_or_create(pk=1)
        if flush.until > flush.done:  # a crash came between the lake and us
            return flush.done, flush.until
        cursor.execute("lock table deliveries_outcome in share mode")
        last = Outcome.objects.aggregate(last=Max("id"))["last"] or 0
        until = min(last, flush.done + _FLUSHED_AT_ONCE)
        if until <= flush.done:
            return None
        Flush.objects.filter(pk=1).update(until=until)
        return flush.done, until


def _append(done: int, until: int) -> int:
    outcomes = Outcome.objects.filter(id__gt=done, id__lte=until).order_by("id")
    rows = [
        {
            "customer_id": row["message__customer_id"],
            "ts": row["at"],
            "message_id": str(row["message_id"]),
            "programme": row["message__programme"],
            "step": row["message__step"],
            "channel": row["message__channel"],
            "purpose": row["message__purpose"],
            "kind": row["kind"],
            "source": "cordiale",
        }
        for row in outcomes.values(
            "message_id", "kind", "at", "message__customer_id", "message__programme", "message__step",
            "message__channel", "message__purpose",
        )
    ]  # fmt: skip
    if rows:
        facts = pa.Table.from_pylist(rows, fact_table("messages").columns)
        open_lake().append("messages", facts, app=("deliveries-outcomes", until))
    return len(rows)
