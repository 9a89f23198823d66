"""Verbs on programmes: plan and apply files, start and pause."""

from __future__ import annotations

import difflib
import secrets
from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from django.db import connection, transaction
from django.utils.translation import gettext as _

from cordiale import clock
from cordiale.accounts.actions import audit
from cordiale.accounts.models import Staff
from cordiale.errors import CordialeError, Refused
from cordiale.programmes import queries, signals, statements
from cordiale.programmes.models import Enrolment, Programme, ProgrammeVersion, Status

NEW, CHANGED, UNCHANGED = "new", "changed", "unchanged"
_LOCK = 0xA991


@dataclass(frozen=True, kw_only=True)
class Change:
    """What applying a file does or would do. `number` is the version's; those `inside` finish the older one."""

    file: str
    programme: str
    what: str
    number: int
    diff: tuple[str, ...]
    inside: int

    def as_json(self) -> dict[str, Any]:
        """All of it."""
        return asdict(self)


def plan(paths: Iterable[Path]) -> list[Change]:
    """What `apply` would do. Raises the first error of the first wrong file; changes nothing."""
    return [_compare(file) for file in _valid(paths)]


def apply(paths: Iterable[Path], *, actor: Staff | str, now: datetime) -> list[Change]:
    """Make each file the current version of its programme: all of them or, where one is wrong, none.

    A text that did not change makes no version. People inside finish the version they entered. A new programme is a
    draft until it is started.
    """
    now = clock.require_aware(now)
    with transaction.atomic():
        with connection.cursor() as cursor:
            cursor.execute("select pg_advisory_xact_lock(%s)", [_LOCK])
        changes = []
        for file in _valid(paths):
            change = _compare(file)
            if change.what != UNCHANGED:
                _write(file, change, actor, now)
            changes.append(change)
    return changes


def _valid(paths: Iterable[Path]) -> Sequence[queries.File]:
    files = queries.read_files(paths)
    for file in files:
        file.reading.require()
    return files


def _compare(file: queries.File) -> Change:
    name = file.reading.require().name
    programme = Programme.objects.select_related("current").filter(name=name).first()
    current = programme.current if programme else None
    before = current.source.splitlines() if current else []
    diff = difflib.unified_diff(before, file.text.splitlines(), f"{name} (version {current.number})" if current else "",
                                f"{name} ({file.path.name})", lineterm="")  # fmt: skip
    is_same = current is not None and current.source == file.text
    number = current.number + (not is_same) if current else 1
    inside = Enrolment.objects.filter(programme=programme, exited_at=None).count() if programme else 0
    return Change(
        file=str(file.path),
        programme=name,
        what=UNCHANGED if is_same else CHANGED if current else NEW,
        number=number,
        diff=() if is_same else tuple(diff),
        inside=inside,
    )


def _write(file: queries.File, change: Change, actor: Staff | str, now: datetime) -> None:
    fresh = {"salt": secrets.token_hex(16), "created_at": now, "updated_at": now}
    programme, _created = Programme.objects.get_or_create(name=change.programme, defaults=fresh)
    version = ProgrammeVersion.objects.create(
        programme=programme, number=change.number, source=file.text, applied_at=now, actor=str(actor)
    )
    programme.current = version
    programme.updated_at = now
    programme.save(update_fields=["current", "updated_at"])
    detail = {"version": change.number, "inside": change.inside}
    audit("programme", change.programme, "apply", actor, detail, now)
    signals.applied.send(Programme, programme=change.programme, version=change.number, now=now)


def start_programme(name: str, *, actor: Staff | str, now: datetime) -> Programme:
    """Let people enter from `now` on, and walks go on. Already live: nothing changes.

    Who was triggered before, or during a pause, does not enter now; whoever waited through a pause waits on for what
    was left. Raises Refused with every point to fix.
    """
    now = clock.require_aware(now)
    with transaction.atomic():
        programme = _locked(name)
        if programme.status == Status.LIVE:
            return programme
        if programme.status == Status.ENDED:
            raise Refused(_("%(name)s has ended; apply its file under another name to run it again.") % {"name": name})
        if points := queries.points_to_fix(programme):
            raise Refused(_("%(name)s cannot start yet: %(points)s") % {"name": name, "points": " · ".join(points)})
        if programme.paused_at:
            values: dict[str, Any] = {"programme": programme.pk, "now": now, "paused_at": programme.paused_at}
            with connection.cursor() as cursor:
                cursor.execute(statements.SHIFT, values)
        programme.status, programme.paused_at = Status.LIVE, None
        programme.started_at = programme.started_at or now
        programme.entries_until = max(now, queries.last_tick_at() or now)
        programme.updated_at = now
        programme.save()
        audit("programme", name, "start", actor, {}, now)
        signals.started.send(Programme, programme=name, now=now)
    return programme


def pause_programme(name: str, *, actor: Staff | str, now: datetime) -> Programme:
    """Nobody enters or moves, and nothing is sent, until it is started again. Already paused: nothing changes."""
    now = clock.require_aware(now)
    with transaction.atomic():
        programme = _locked(name)
        if programme.status == Status.PAUSED:
            return programme
        if programme.status != Status.LIVE:
            raise Refused(_("%(name)s does not run, so it cannot be paused; start it first.") % {"name": name})
        programme.status, programme.paused_at, programme.updated_at = Status.PAUSED, now, now
        programme.save()
        audit("programme", name, "pause", actor, {}, now)
        signals.paused.send(Programme, programme=name, now=now)
    return programme


def _locked(name: str) -> Programme:
    queries.get_programme(name)
    try:
        return Programme.objects.select_for_update(of=("self",)).select_related("current").get(name=name)
    except Programme.DoesNotExist as error:
        raise CordialeError(f"{name} was removed meanwhile") from error
