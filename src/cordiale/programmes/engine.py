"""One advance of everything, under an explicit clock.

A tick may be cut off at any moment: every phase is its own transaction (or several), and each takes up what it finds.
Two ticks at a time are impossible: the second waits for the lock, then finds nothing left to do.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field
from datetime import date, datetime
from typing import Any

from django.db import connection
from django.db.models.functions import Now

from cordiale import clock
from cordiale.cases.flushing import flush as flush_cases
from cordiale.decisions import actions as decisions
from cordiale.deliveries import actions as deliveries
from cordiale.errors import CordialeError, Refused
from cordiale.identity import actions as identity
from cordiale.insight import actions as insight
from cordiale.programmes import queries
from cordiale.programmes.advance import advance
from cordiale.programmes.entries import enrol
from cordiale.programmes.models import Enrolment, Programme, ProgrammeVersion, Tick
from cordiale.segments import actions as segments

PHASES = ("outcomes", "traits", "segments", "entries", "advance", "decisions", "deliveries")
_LOCK = 0x71C4
Progress = Callable[[str], None]


@dataclass(kw_only=True)
class Done:
    """What a tick did in one programme."""

    entered: int = 0
    control: int = 0
    moved: int = 0
    proposed: int = 0
    exited: dict[str, int] = field(default_factory=dict)
    sent: int = 0
    postponed: dict[str, int] = field(default_factory=dict)
    refused: dict[str, int] = field(default_factory=dict)


@dataclass(kw_only=True)
class TickReport:
    """What a tick did. `segments`: name → people who came in and out; `delivered`: outcome → messages.

    `problems`: programme → why it stood still, the others going on without it.
    """

    now: datetime
    day: date | None = None
    segments: dict[str, dict[str, int]] = field(default_factory=dict)
    programmes: dict[str, Done] = field(default_factory=dict)
    delivered: dict[str, Any] = field(default_factory=dict)
    problems: dict[str, str] = field(default_factory=dict)

    def of(self, programme: str) -> Done:
        """The part of one programme."""
        return self.programmes.setdefault(programme, Done())

    def is_idle(self) -> bool:
        """Did nothing at all happen?"""
        moved = any(sum(moves.values()) for moves in self.segments.values())
        handled = any(number for number in self.delivered.values() if isinstance(number, int))
        return not moved and not handled and all(one == Done() for one in self.programmes.values())

    def as_json(self) -> dict[str, Any]:
        """All of it, instants as text."""
        day = self.day.isoformat() if self.day else None
        return asdict(self) | {"now": self.now.isoformat(), "day": day, "idle": self.is_idle()}


def tick(now: datetime, progress: Progress | None = None, *, smtp_url: str | None = None) -> TickReport:
    """Advance everything to `now`. Repeating it at the same instant does nothing new.

    `progress` is told each phase as it begins; `smtp_url` names another mail server than
    the settings'. Raises Refused when `now` lies before the last tick.
    """
    now = clock.require_aware(now)
    tell = progress or (lambda phase: None)
    with _alone():
        _check_clock(now)
        record = Tick.objects.create(now=now, started_at=Now())
        report = TickReport(now=now)
        tell("outcomes")
        deliveries.flush_outcomes(now)
        flush_cases(now)
        identity.publish_pending()
        tell("traits")
        report.day = insight.ensure_snapshot(now)
        tell("segments")
        report.segments = {name: _moves(moves) for name, moves in segments.refresh(now).items()}
        tell("entries")
        _enter(report, now)
        tell("advance")
        _advance(report, now)
        tell("decisions")
        _decide(report, now)
        tell("deliveries")
        report.delivered = _deliver(now, smtp_url)
        _finish(record, report)
    return report


@contextmanager
def _alone() -> Iterator[None]:
    with connection.cursor() as cursor:
        cursor.execute("select pg_advisory_lock(%s)", [_LOCK])
    try:
        yield
    finally:
        with connection.cursor() as cursor:
            cursor.execute("select pg_advisory_unlock(%s)", [_LOCK])


def _check_clock(now: datetime) -> None:
    last = queries.last_tick_at()
    if last and now < last:
        raise Refused(f"the engine's clock stands at {last.isoformat()} and cannot go back to {now.isoformat()}")


@contextmanager
def _apart(report: TickReport, programme: Programme) -> Iterator[None]:
    """One programme that cannot go on (its condition names a trait that is gone …) does not stop the others."""
    try:
        yield
    except CordialeError as error:
        report.problems[programme.name] = str(error)


def _enter(report: TickReport, now: datetime) -> None:
    for programme in queries.live():
        with _apart(report, programme):
            assert programme.current is not None
            entered, control = enrol(programme, queries.spec_of(programme.current), now)
            report.of(programme.name).entered += entered
            report.of(programme.name).control += control


def _advance(report: TickReport, now: datetime) -> None:
    for programme in queries.live():
        for version in _walked(programme):
            with _apart(report, programme):
                _advance_version(report, programme, version, now)


def _advance_version(report: TickReport, programme: Programme, version: ProgrammeVersion, now: datetime) -> None:
    moves = advance(programme, version, queries.spec_of(version), now)
    done = report.of(programme.name)
    done.moved += moves.moved
    done.proposed += moves.proposed
    for reason, number in moves.exited.items():
        done.exited[reason] = done.exited.get(reason, 0) + number


def _walked(programme: Programme) -> list[ProgrammeVersion]:
    ids = Enrolment.objects.filter(programme=programme, exited_at=None).values("version")
    return list(ProgrammeVersion.objects.filter(pk__in=ids).order_by("number"))


def _decide(report: TickReport, now: datetime) -> None:
    counts = decisions.decide(now, held=queries.held())
    for (programme, verdict, rule), number in sorted(counts.by_rule.items()):
        done = report.of(programme)
        if verdict == "sent":
            done.sent += number
        else:
            reasons = done.postponed if verdict == "postponed" else done.refused
            reasons[rule] = reasons.get(rule, 0) + number


def _moves(moves: Any) -> dict[str, int]:
    return {"entered": moves.entered, "left": moves.left}


def _deliver(now: datetime, smtp_url: str | None) -> dict[str, Any]:
    live = set(queries.live().values_list("name", flat=True))
    return deliveries.deliver(now, is_live=live.__contains__, smtp_url=smtp_url).as_dict()


def _finish(record: Tick, report: TickReport) -> None:
    """Close the record. An idle tick takes the place of the idle ones before it: a quiet night leaves one row."""
    Tick.objects.filter(pk=record.pk).update(finished_at=Now(), report=report.as_json())
    if report.is_idle():
        Tick.objects.filter(pk__lt=record.pk, report__idle=True).delete()
