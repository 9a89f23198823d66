"""Asking a database or files what is new. A batch and how far it came are committed together, into the inbox.

A cursor alone would miss rows that another transaction had numbered or dated, and committed after we looked. So each
pull reads again a stretch before the highest value seen (`overlap`); rows of that stretch read before are recognised
by their hash. What is read twice all the same changes nothing.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import Any

from django.db import transaction

from cordiale import clock
from cordiale.accounts.models import Staff
from cordiale.connectors import applying, inbox, keeping, reading
from cordiale.connectors.models import PULLED, Connector, Inbound
from cordiale.errors import CordialeError, NotFound, Refused
from cordiale.jobs import actions as jobs
from cordiale.jobs.models import Job
from cordiale.jobs.progress import Progress

KIND = "pull"
_MOST_REMEMBERED = 50_000
"""Hashes kept of the overlap; beyond it rows are taken again, which changes nothing but costs time."""


@dataclass
class _Seen:
    """How far a pull has come: the highest value, and the rows of the overlap."""

    highest: int | datetime | None
    rows: dict[str, int | datetime]

    @classmethod
    def read(cls, checkpoint: Mapping[str, Any]) -> _Seen:
        return cls(
            _value(checkpoint.get("highest")),
            {key: _present(value) for key, value in checkpoint.get("seen", {}).items()},
        )

    def told(self, overlap: Any) -> dict[str, Any]:
        """As it is kept: rows below the overlap are forgotten, the highest stay."""
        if self.highest is None:
            return {}
        lowest = self.highest - overlap
        near = sorted(((value, key) for key, value in self.rows.items() if value >= lowest), reverse=True)
        self.rows = {key: value for value, key in near[:_MOST_REMEMBERED]}
        return {"highest": _told(self.highest), "seen": {key: _told(value) for key, value in self.rows.items()}}


def ask_due(now: datetime) -> int:
    """Ask for the pulls whose time has come; how many. Of one connector and time there is only one."""
    due = 0
    for connector in Connector.objects.filter(kind__in=PULLED).order_by("pk"):
        every = timedelta(minutes=connector.settings["every"])
        if connector.pulled_at is None or connector.pulled_at + every <= now or connector.pulled_at > now + every:
            slot = int(now.timestamp() // every.total_seconds())
            jobs.enqueue(
                KIND, {"connector": connector.pk}, connector.name, "worker", now, key=f"{KIND}:{connector.pk}:{slot}"
            )
            due += 1
    return due


def ask(connector: Connector, *, actor: Staff | str, now: datetime) -> Job:
    """Pull as soon as a worker is free. Raises Refused where this kind tells us by itself."""
    _require_pulled(connector)
    return jobs.enqueue(KIND, {"connector": connector.pk}, connector.name, actor, now)


def run(job: Progress) -> Mapping[str, Any] | None:
    """The job: pull, then take in what was pulled."""
    connector = Connector.objects.filter(pk=job.arguments["connector"]).first()
    if connector is None:
        raise NotFound("this connector was removed meanwhile")
    return {"rows": pull(connector, job.now, job)}


def pull(connector: Connector, now: datetime, job: Progress | None = None) -> int:
    """Read what is new into the inbox and take it in; how many rows were new. May be killed anywhere and repeated."""
    _require_pulled(connector)
    settings = connector.settings
    overlap = _overlap(settings)
    seen = _Seen.read(connector.checkpoint)
    start = None if seen.highest is None else seen.highest - overlap
    rows = reading.read(
        connector.kind, keeping.read(connector.secret), settings.get("query", ""), settings["cursor"], start
    )
    taken = 0
    with reading.closed(rows) as batches:
        for batch in batches:
            taken += _commit(connector, batch, seen, overlap, now)
            inbox.process(now)
            if job is not None:
                job.done(taken)
                if job.is_cancelled():
                    return taken
    Connector.objects.filter(pk=connector.pk).update(pulled_at=now)
    while inbox.process(now).done:
        pass
    return taken


def _commit(connector: Connector, batch: list[dict[str, Any]], seen: _Seen, overlap: Any, now: datetime) -> int:
    """New rows of a batch and the checkpoint, together or not at all."""
    fresh, kind = [], connector.settings["cursor_kind"]
    for row in batch:
        value = _cursor(row, connector.settings["cursor"], kind)
        told = json.dumps(row, ensure_ascii=False, sort_keys=True, default=_plain)
        key = hashlib.sha256(told.encode()).hexdigest()[:24]
        if key not in seen.rows:
            fresh.append(told)
            seen.rows[key] = value
        seen.highest = value if seen.highest is None else max(seen.highest, value)
    body = f"[{','.join(fresh)}]".encode()
    with transaction.atomic():
        held = Connector.objects.select_for_update().filter(pk=connector.pk).first()
        if held is None:
            raise NotFound(f"{connector.name} was removed meanwhile")
        if fresh:
            Inbound.objects.bulk_create(
                [Inbound(connector=connector, key=hashlib.sha256(body).hexdigest(), topic=applying.ROWS, body=body,
                         received_at=now, due_at=now)],
                ignore_conflicts=True,
            )  # fmt: skip
        held.checkpoint = seen.told(overlap)
        held.save(update_fields=["checkpoint"])
    return len(fresh)


def _cursor(row: Mapping[str, Any], name: str, kind: str) -> int | datetime:
    if name not in row:
        raise CordialeError(f"the rows have no column '{name}' to go on by; they have {', '.join(row)}")
    value = row[name]
    if kind == "number" and isinstance(value, int) and not isinstance(value, bool):
        return value
    if kind == "instant" and isinstance(value, datetime):
        return clock.require_aware(value) if value.tzinfo else value.replace(tzinfo=UTC)
    wanted = "a whole number" if kind == "number" else "a date with a time"
    raise CordialeError(f"the cursor '{name}' should be {wanted}, it is {type(value).__name__}; choose cursor_kind")


def _overlap(settings: Mapping[str, Any]) -> Any:
    return settings["overlap"] if settings["cursor_kind"] == "number" else timedelta(minutes=settings["overlap"])


def _value(told: Any) -> int | datetime | None:
    return clock.parse_instant(told) if isinstance(told, str) else told


def _present(told: Any) -> int | datetime:
    value = _value(told)
    assert value is not None
    return value


def _told(value: int | datetime) -> int | str:
    return value.isoformat() if isinstance(value, datetime) else value


def _plain(value: Any) -> Any:
    if isinstance(value, datetime | date):
        return value.isoformat()
    if isinstance(value, bytes | memoryview):
        return bytes(value).decode("utf-8", "replace")
    return str(value)  # exact: amounts stay as they are written


def _require_pulled(connector: Connector) -> None:
    if not connector.is_pulled:
        raise Refused(f"{connector.name} tells us by itself; only databases and files are pulled")
