"""Events and answers for the lake: kept beside their delivery first, then written in commits that happen once each.

The lake cannot take part in PostgreSQL's transaction. So what a delivery tells is kept with it (`Inbound.facts`).
Later many deliveries get one number (`Inbound.batch`), and the lake takes a number once: a crash leaves a repetition.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

import pyarrow as pa
from django.db import connection, transaction

from cordiale import clock
from cordiale.connectors.models import Batch, Inbound
from cordiale.connectors.rules.found import Answer, Event, Found
from cordiale.facts import actions as facts
from cordiale.facts import contracts, subjects
from cordiale.jobs.alone import held

_APP = "connectors"
_LOCK = 0x436F7263
_AT_ONCE = 500
TABLES = ("events", "answers")
_MARK = """
insert into connectors_seenfact (key) select unnest(%s::uuid[]) on conflict do nothing returning key
"""


def collect(name: str, found: Sequence[tuple[int, Found]]) -> dict[str, list[dict[str, Any]]]:
    """What was never seen before, by table, marked as seen in the caller's transaction. Raises RowsRefused."""
    told = {
        "events": [_event(name, number, event) for number, one in found for event in one.events],
        "answers": [_answer(name, number, answer) for number, one in found for answer in one.answers],
    }
    fresh = {table: _unseen(table, rows) for table, rows in told.items()}
    for table, rows in fresh.items():
        if rows:
            _check(table, rows)
    return {table: rows for table, rows in fresh.items() if rows}


def write_due() -> int:
    """Give the lake the facts it does not have yet; how many deliveries. May be killed and repeated at any moment."""
    written = 0
    with held(_LOCK) as is_mine:
        while is_mine and (rows := _next_batch()):
            for table in TABLES:
                told = [fact for row in rows for fact in (row.facts or {}).get(table, ())]
                if told:
                    facts.record(table, _table(told), app=(_APP, rows[0].batch or 0))
            Inbound.objects.filter(pk__in=[row.pk for row in rows]).update(facts=None, batch=None)
            written += len(rows)
    return written


@transaction.atomic
def _next_batch() -> list[Inbound]:
    """The batch that was begun and not ended, else a new one."""
    waiting = Inbound.objects.filter(facts__isnull=False)
    begun = waiting.filter(batch__isnull=False).order_by("batch").values_list("batch", flat=True).first()
    if begun is None:
        numbers = list(waiting.order_by("pk").values_list("pk", flat=True)[:_AT_ONCE])
        if not numbers:
            return []
        begun = Batch.objects.create().pk
        Batch.objects.filter(pk__lt=begun).delete()
        waiting.filter(pk__in=numbers).update(batch=begun)
    return list(waiting.filter(batch=begun).order_by("pk"))


def _unseen(table: str, rows: Sequence[dict[str, Any]]) -> list[dict[str, Any]]:
    """Those whose key was not there; who tells the same at the same moment waits for the other's commit."""
    identifier = "event_id" if table == "events" else "answer_id"
    keys = {_key(table, row[identifier]): row for row in rows}
    with connection.cursor() as cursor:
        cursor.execute(_MARK, [sorted(keys)])
        fresh = {row[0] for row in cursor.fetchall()}
    return [row for key, row in keys.items() if key in fresh]


def _check(table: str, rows: Sequence[dict[str, Any]]) -> None:
    told = _table(rows)
    contracts.check(table, subjects.with_subjects(told) if table == "events" else told)


def _table(rows: Sequence[dict[str, Any]]) -> pa.Table:
    return pa.Table.from_pylist([{**row, "ts": clock.parse_instant(row["ts"])} for row in rows])


def _event(name: str, number: int, event: Event) -> dict[str, Any]:
    properties = json.dumps(dict(event.properties), ensure_ascii=False)
    return {
        "customer_id": number, "ts": _moment(event.at), "event_id": f"{name}:{event.event_id}", "name": event.name,
        "properties": properties, "source": name,
    }  # fmt: skip


def _answer(name: str, number: int, answer: Answer) -> dict[str, Any]:
    names = ("survey", "question", "kind", "value", "text", "channel")
    return {
        "customer_id": number, "ts": _moment(answer.at), "answer_id": f"{name}:{answer.answer_id}", "source": name,
        **{one: getattr(answer, one) for one in names},
    }  # fmt: skip


def _moment(at: datetime) -> str:
    return clock.require_aware(at).isoformat()


def _key(table: str, identifier: str) -> UUID:
    return UUID(bytes=hashlib.sha256(f"{table}:{identifier}".encode()).digest()[:16])
