"""From the inbox to customers, the lake and the readers: each event once, whatever dies on the way.

A chunk is fixed first (its number, its last row) and sifted of what was seen before; from then on it is always the same
rows, so that the lake, which remembers the number, takes them once however often the rest is repeated.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from typing import Any, NamedTuple

from django.db import connection, transaction

from cordiale import clock
from cordiale.facts import actions as facts
from cordiale.facts import contracts
from cordiale.identity import actions as identity
from cordiale.identity.rules.telling import Seen
from cordiale.intake import calls, happenings, locks, queries, readers, traits
from cordiale.intake.calls import KINDS, Call, CallRefused
from cordiale.intake.happenings import Waiting, happened
from cordiale.intake.models import Flush, Inbox, Rejected
from cordiale.intake.readers import Happened
from cordiale.intake.sieve import Sieve
from cordiale.lake import RowsRefused

CHUNK_ROWS, CHUNK_BYTES = 20_000, 32 << 20
APPLICATION = "intake"
_UNTIL = """
SELECT max(id) FROM (
    SELECT id, sum(octet_length(payload)) OVER (ORDER BY id) AS size, row_number() OVER (ORDER BY id) AS place
    FROM (SELECT id, payload FROM intake_inbox WHERE id <= %s ORDER BY id LIMIT %s) AS first
) AS rows WHERE place = 1 OR size <= %s
"""
_SIFT = """
WITH given AS (SELECT DISTINCT ON (key) id, key FROM intake_inbox WHERE id <= %(until)s ORDER BY key, id),
     fresh AS (INSERT INTO intake_seenkey (key) SELECT key FROM given ORDER BY key
               ON CONFLICT DO NOTHING RETURNING key),
     kept AS (SELECT given.id FROM given JOIN fresh USING (key))
DELETE FROM intake_inbox WHERE id <= %(until)s AND id NOT IN (SELECT id FROM kept)
"""
_WAITING = """
SELECT id, source_id, key, kind, at, received_at, payload FROM intake_inbox WHERE id <= %s ORDER BY id
"""


@dataclass(frozen=True)
class Flushed:
    """What a flush did: events recorded, duplicates dropped, events rejected, in so many chunks."""

    events: int = 0
    duplicates: int = 0
    rejected: int = 0
    chunks: int = 0

    def __add__(self, other: Flushed) -> Flushed:
        return Flushed(
            self.events + other.events,
            self.duplicates + other.duplicates,
            self.rejected + other.rejected,
            self.chunks + other.chunks,
        )


class Read(NamedTuple):
    """A row and what it says."""

    row: Waiting
    call: Call


class Chunk(NamedTuple):
    """The rows up to `until`, under a number that never changes."""

    number: int
    until: int


def flush(now: datetime) -> Flushed:
    """Give all that waits to identity, the lake and the readers, each event once; what was done.

    May be killed and repeated at any step, by any process; a second flusher waits for the first between chunks.
    """
    clock.require_aware(now)
    total = Flushed()
    while True:
        with locks.one_flusher():
            chunk = _chunk()
            if chunk is None:
                return total
            duplicates = _sift(chunk)
            total += _write(chunk, duplicates, now)


def _chunk() -> Chunk | None:
    """The chunk under way, else the next one, else None."""
    state, _ = Flush.objects.get_or_create(pk=1)
    if state.until is None:
        if not Inbox.objects.exists():
            return None
        state.until = _cut(_settled())
        if state.until is None:
            return None
        state.chunk, state.is_sifted = state.chunk + 1, False
        state.save()
    return Chunk(state.chunk, state.until)


@transaction.atomic
def _settled() -> int:
    """The last row before which none can appear any more: writers are kept out until those under way have committed."""
    with connection.cursor() as cursor:
        cursor.execute("LOCK TABLE intake_inbox IN SHARE MODE")
        cursor.execute("SELECT coalesce(max(id), 0) FROM intake_inbox")
        return int(cursor.fetchone()[0])


def _cut(last: int) -> int | None:
    with connection.cursor() as cursor:
        cursor.execute(_UNTIL, [last, CHUNK_ROWS, CHUNK_BYTES])
        until: int | None = cursor.fetchone()[0]
        return until


@transaction.atomic
def _sift(chunk: Chunk) -> int:
    """Drop what was seen before, once; how many rows."""
    if not Flush.objects.filter(pk=1, is_sifted=False).update(is_sifted=True):
        return 0
    with connection.cursor() as cursor:
        cursor.execute(_SIFT, {"until": chunk.until})
        return int(cursor.rowcount)


def _write(chunk: Chunk, duplicates: int, now: datetime) -> Flushed:
    sieve: Sieve[Read] = Sieve()
    rejected: list[Rejected] = []
    rows = _read(_waiting(chunk.until), rejected, now)
    rows = _tell(rows, sieve, now)
    events = sieve.apply(rows, partial(_resolve, now=now))
    rejected += [_rejected(read.row, reason, now) for read, reason in sieve.refused]
    events = _record(chunk, events, rejected, now)
    rejected += _let_read(events, now)
    _finish(chunk, rejected)
    return Flushed(len(events), duplicates, len(rejected), 1)


def _waiting(until: int) -> list[Waiting]:
    sources = queries.source_names()
    with connection.cursor() as cursor:
        cursor.execute(_WAITING, [until])
        return [
            Waiting(number, source_id, key, kind, at, received_at, bytes(payload), sources.get(source_id, ""))
            for number, source_id, key, kind, at, received_at, payload in cursor.fetchall()
        ]


def _read(waiting: Sequence[Waiting], rejected: list[Rejected], now: datetime) -> list[Read]:
    rows = []
    for row in waiting:
        try:
            call = calls.read(row.payload)
            calls.check_keys(row.payload)
            rows.append(Read(row, call))
        except CallRefused as refused:
            rejected.append(_rejected(row, str(refused), now))
    return rows


def _tell(rows: list[Read], sieve: Sieve[Read], now: datetime) -> list[Read]:
    """Let identity know what calls say of people; the rows left once those it cannot take are out."""
    speaking = {
        read.row.id: said
        for read in rows
        if (said := traits.told(KINDS[read.row.kind], read.call, read.row.source, read.row.at)) is not None
    }
    telling = [read for read in rows if read.row.id in speaking]
    sieve.apply(telling, lambda part: identity.tell([speaking[one.row.id] for one in part], now))
    refused = {read.row.id for read, _ in sieve.refused}
    return [read for read in rows if read.row.id not in refused] if refused else rows


def _resolve(rows: Sequence[Read], now: datetime) -> list[tuple[Read, Happened]]:
    seen = [
        Seen(
            user_id=calls.person(call.user_id) or None, anonymous_id=calls.person(call.anonymous_id) or None, at=row.at
        )
        for row, call in rows
    ]
    numbers = identity.resolve_events(seen, now)
    return [(read, happened(read.row, number, read.call)) for read, number in zip(rows, numbers, strict=True)]


def _record(
    chunk: Chunk, events: list[tuple[Read, Happened]], rejected: list[Rejected], now: datetime
) -> list[tuple[Read, Happened]]:
    """Append to the lake, under the chunk's number; the events it takes."""
    application = (APPLICATION, chunk.number)
    try:
        facts.record("events", happenings.facts(one for _, one in events), app=application)
    except RowsRefused:
        sieve: Sieve[tuple[Read, Happened]] = Sieve()
        events = sieve.apply(events, _checked)
        rejected += [_rejected(pair[0].row, reason, now) for pair, reason in sieve.refused]
        facts.record("events", happenings.facts(one for _, one in events), app=application)
    return events


def _checked(events: Sequence[tuple[Read, Happened]]) -> Sequence[tuple[Read, Happened]]:
    contracts.check("events", happenings.facts(one for _, one in events))
    return events


def _let_read(events: Sequence[tuple[Read, Happened]], now: datetime) -> list[Rejected]:
    """Give the events to every reader; those one cannot take."""
    rejected = []
    for reader in readers.registered():
        sieve: Sieve[tuple[Read, Happened]] = Sieve()
        sieve.apply(events, partial(_let_one_read, reader=reader, now=now))
        for (read, event), reason in sieve.refused:
            row = _rejected(read.row, reason, now)
            row.reader, row.customer_id = reader.name, event.customer_id
            rejected.append(row)
    return rejected


def _let_one_read(
    events: Sequence[tuple[Read, Happened]], *, reader: readers.Reader, now: datetime
) -> Sequence[tuple[Read, Happened]]:
    reader.read([event for _, event in events], now)
    return events


@transaction.atomic
def _finish(chunk: Chunk, rejected: list[Rejected]) -> None:
    Rejected.objects.bulk_create(rejected, ignore_conflicts=True)
    Inbox.objects.filter(id__lte=chunk.until).delete()
    Flush.objects.filter(pk=1).update(until=None, is_sifted=False)


def _rejected(row: Waiting, reason: str, now: datetime) -> Rejected:
    values: dict[str, Any] = {name: getattr(row, name) for name in ("source_id", "key", "kind", "at", "received_at")}
    return Rejected(**values, payload=row.payload, reason=reason[:300], rejected_at=now)
