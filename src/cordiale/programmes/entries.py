"""Who enters: the customers a trigger names, those of them who may, and which side of the control group they are on."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

from django.db import connection, transaction

from cordiale import clock
from cordiale.company import company
from cordiale.errors import CordialeError
from cordiale.programmes import facts, statements
from cordiale.programmes.models import Programme
from cordiale.programmes.rules.calendar import STALE_AFTER, anniversaries_on, days_at
from cordiale.programmes.rules.reading import WEEKDAYS
from cordiale.programmes.rules.spec import Entry, ProgrammeSpec, Trigger, stops
from cordiale.programmes.rules.walk import due_at

_CHUNK = 50_000


def enrol(programme: Programme, spec: ProgrammeSpec, now: datetime) -> tuple[int, int]:
    """Enrol whom the entry names since the last time, in one transaction; how many entered, how many of them control.

    Repeating it at the same instant enrols nobody.
    """
    since = programme.entries_until
    if since is None or since >= now:
        return 0, 0
    with transaction.atomic():
        customers = triggered(spec, since, now)
        chunks = (customers[start : start + _CHUNK] for start in range(0, len(customers), _CHUNK))
        sides = [side for chunk in chunks for side in _insert(programme, spec, chunk, now)]
        Programme.objects.filter(pk=programme.pk).update(entries_until=now)
    return len(sides), sum(sides)


def triggered(spec: ProgrammeSpec, since: datetime, now: datetime) -> Sequence[int]:
    """The customers the entry names in the time after `since`, whether or not they may enter."""
    entry = spec.entry
    if entry.trigger is Trigger.ENTERS:
        return _ids(statements.ENTERED, segment=entry.subject, since=since, now=now)
    if entry.trigger is Trigger.LEAVES:
        return _ids(statements.LEFT, segment=entry.subject, since=since, now=now)
    if entry.trigger is Trigger.EVENT:
        return facts.had_event(entry.subject, since, now)
    if entry.trigger in (Trigger.ORDER, Trigger.FIRST_ORDER):
        return facts.ordered(since, now, first=entry.trigger is Trigger.FIRST_ORDER)
    if entry.trigger is Trigger.DATE:
        return _born(entry, since, now)
    return _ids(statements.MEMBERS, segment=spec.panel.segment) if _weekday_struck(entry, since, now) else []


def _born(entry: Entry, since: datetime, now: datetime) -> Sequence[int]:
    assert entry.at is not None
    since = max(since, now - STALE_AFTER)
    rows = []
    for (name,) in _rows(statements.ZONES):
        for day in days_at(since, now, entry.at, _zone_or_ours(name)):
            rows += [(name, month, number) for month, number in anniversaries_on(day)]
    zones, months, days = zip(*rows, strict=True) if rows else ((), (), ())
    return _ids(statements.BORN_ON, zones=list(zones), months=list(months), days=list(days))


def _zone_or_ours(name: str) -> Any:
    """A customer with a broken zone enters by our clock; the decision then says that the zone is broken."""
    try:
        return clock.zone(name)
    except CordialeError:
        return clock.zone(company().zone)


def _weekday_struck(entry: Entry, since: datetime, now: datetime) -> bool:
    assert entry.at is not None
    struck = days_at(max(since, now - timedelta(days=8)), now, entry.at, clock.zone(company().zone))
    return any(WEEKDAYS[day.weekday()] == entry.subject for day in struck)


def _insert(programme: Programme, spec: ProgrammeSpec, customers: Sequence[int], now: datetime) -> list[bool]:
    first = next(stops(spec.scenario))
    values = {
        "customers": list(customers),
        "programme": programme.pk,
        "version": programme.current_id,
        "salt": programme.salt,
        "control": spec.panel.control or 0.0,
        "now": now,
        "step": first.path,
        "due": due_at(first.step, now),
        "again": spec.reentry.allowed,
        "last_entry_until": now - spec.reentry.after,
        "panel": spec.panel.segment,
        "excluded": list(spec.panel.exclude),
    }
    return [side for (side,) in _rows(statements.ENROL, **values)]


def _ids(statement: str, **values: Any) -> list[int]:
    return [row[0] for row in _rows(statement, **values)]


def _rows(statement: str, **values: Any) -> list[tuple[Any, ...]]:
    with connection.cursor() as cursor:
        cursor.execute(statement, values)
        rows: list[tuple[Any, ...]] = cursor.fetchall()
    return rows
