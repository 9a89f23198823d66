"""Walks go on: one statement moves everyone who is due before a step.

A version's steps are taken in document order, and every way leads forward, so one pass moves each walk as far as it
gets at this instant.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

import pyarrow as pa
from django.db import connection, transaction

from cordiale.decisions import actions as decisions
from cordiale.decisions import rulebook
from cordiale.programmes import facts, statements
from cordiale.programmes.models import Programme, ProgrammeVersion
from cordiale.programmes.rules.spec import Exit, If, ProgrammeSpec, Send, Split, Step, Stop, WaitFor, letter_of, stops
from cordiale.programmes.rules.walk import due_at
from cordiale.segments import queries as segments

END, LEFT_PANEL = "end", "left-panel"
KEEPS_PROPOSALS = (END,)
"""Leaving for any other reason takes back what is still open: who bought needs no reminder any more."""

_CANDIDATES = pa.schema({"candidate_id": pa.int64(), "customer_id": pa.int64(), "entry": pa.timestamp("us", tz="UTC")})


@dataclass
class Moves:
    """What one pass did."""

    moved: int = 0
    proposed: int = 0
    exited: Counter[str] = field(default_factory=Counter)


def advance(programme: Programme, version: ProgrammeVersion, spec: ProgrammeSpec, now: datetime) -> Moves:
    """Move everyone in this version as far as they get at `now`, in one transaction. Repeating it moves nobody."""
    with transaction.atomic():
        return _Pass(programme, version, spec, now).run()


class _Pass:
    def __init__(self, programme: Programme, version: ProgrammeVersion, spec: ProgrammeSpec, now: datetime) -> None:
        self.programme = programme
        self.version = version
        self.spec = spec
        self.now = now
        self.stops = {stop.path: stop for stop in stops(spec.scenario)}
        self.moves = Moves()

    def run(self) -> Moves:
        if self.spec.panel.leaving_exits:
            self._leave_panel()
        for stop in self.stops.values():
            if isinstance(stop.step, If):
                self._branch(stop, stop.step)
            elif isinstance(stop.step, Split):
                self._split(stop, stop.step)
            elif isinstance(stop.step, WaitFor):
                self._wait_for(stop, stop.step)
            else:
                self._pass(stop)
        return self.moves

    def _leave_panel(self) -> None:
        values = {"now": self.now, "version": self.version.pk, "panel": self.spec.panel.segment}
        walks = [row[0] for row in _rows(statements.LEAVE_PANEL, values)]
        self._count_exits(LEFT_PANEL, walks)

    def _pass(self, stop: Stop) -> None:
        people = self._move(stop, "done", statements.WHO_IS_DUE)
        if isinstance(stop.step, Send) and people:
            self.moves.proposed += decisions.propose(self._ask(stop, stop.step), people)

    def _ask(self, stop: Stop, step: Send) -> decisions.Ask:
        valid_for = step.within or rulebook.plan().valid_for
        return decisions.Ask(
            programme=self.programme.name,
            step=stop.path,
            channel=step.channel,
            purpose=self.spec.purpose,
            template=step.template,
            priority=self.spec.priority,
            limits=self.spec.limits,
            now=self.now,
            expires_at=self.now + valid_for,
        )

    def _branch(self, stop: Stop, step: If) -> None:
        standing = self._standing(stop, statements.WHO_IS_DUE)
        if not standing:
            return
        candidates = pa.Table.from_pylist(
            [
                {"candidate_id": walk, "customer_id": customer, "entry": entered}
                for walk, customer, entered, *_ in standing
            ],
            schema=_CANDIDATES,
        )
        holding = segments.holding(step.condition, candidates, self.now)
        self._move(stop, "then", statements.WHO_IS_NAMED, walks=sorted(holding))
        self._move(stop, "else", statements.WHO_IS_DUE)

    def _split(self, stop: Stop, step: Split) -> None:
        low = 0.0
        for place, (share, _) in enumerate(step.branches):
            high = 1.0 if place == len(step.branches) - 1 else low + share
            salt = f"{self.programme.salt}:{stop.path}"
            self._move(stop, letter_of(place), statements.WHO_HAS_SHARE, salt=salt, low=low, high=high)
            low = high

    def _wait_for(self, stop: Stop, step: WaitFor) -> None:
        waiting = [
            facts.Waiting(candidate_id=walk, customer_id=customer, since=arrived, until=min(due, self.now))
            for walk, customer, _, arrived, due in self._standing(stop, statements.WHO_STANDS)
        ]
        if not waiting:
            return
        self._move(stop, "event", statements.WHO_IS_NAMED, walks=sorted(facts.fulfilled(waiting, step.event)))
        self._move(stop, "timeout", statements.WHO_IS_DUE)

    def _standing(self, stop: Stop, who: str) -> list[tuple[Any, ...]]:
        values = {"version": self.version.pk, "step": stop.path, "now": self.now}
        return _rows(statements.STANDING.format(who=who), values)

    def _move(self, stop: Stop, way: str, who: str, **values: Any) -> list[decisions.Proposed]:
        following = stop.ways[way]
        reason = "" if following else _reason(stop.step)
        values |= {
            "version": self.version.pk,
            "step": stop.path,
            "way": way,
            "now": self.now,
            "next": following,
            "due": due_at(self.stops[following].step, self.now) if following else None,
            "exited_at": None if following else self.now,
            "reason": reason,
        }
        people = [decisions.Proposed(*row) for row in _rows(statements.MOVE.format(who=who), values)]
        self.moves.moved += len(people)
        if reason:
            self._count_exits(reason, (one.enrolment_id for one in people))
        return people

    def _count_exits(self, reason: str, walks: Iterable[int]) -> None:
        gone = list(walks)
        if not gone:
            return
        self.moves.exited[reason] += len(gone)
        if reason not in KEEPS_PROPOSALS:
            decisions.withdraw_walks(gone, reason=reason, now=self.now)


def _reason(step: Step) -> str:
    return step.reason if isinstance(step, Exit) else END


def _rows(statement: str, values: dict[str, Any]) -> list[tuple[Any, ...]]:
    with connection.cursor() as cursor:
        cursor.execute(statement, values)
        rows: list[tuple[Any, ...]] = cursor.fetchall()
    return rows
