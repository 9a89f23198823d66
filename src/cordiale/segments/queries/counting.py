"""What a builder shows of a tree while it is edited: the total, a count a rule, who can be reached, some people."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime

import numpy as np

from cordiale.consent.purposes import purposes
from cordiale.consent.rules import CHANNELS
from cordiale.lake import Stop
from cordiale.segments.queries.evaluation import named_of, parts_of, plan_of, snapshot_day
from cordiale.segments.queries.explanation import RuleCount, conditions, rule
from cordiale.segments.queries.language import parse
from cordiale.segments.rules import Expression
from cordiale.segments.rules.plan import Plan
from cordiale.segments.rules.tree import Condition, Every, InSegment, Reachable

SAMPLES = 20
_WHOLE = ""
"""The name of the whole tree, where it stands in conditions of its own: no segment has it."""


@dataclass(frozen=True, kw_only=True)
class ReachCount:
    """Of those a tree holds for, how many may be contacted for a purpose through a channel now."""

    purpose: str
    channel: str
    customers: int
    share: float | None


@dataclass(frozen=True, kw_only=True)
class Counts:
    """How many of all customers (`of`) a tree holds for, each of its rules by itself, and of the former who can be
    reached; `samples` are the numbers of some, the same while they stay. `seconds` is what counting took."""

    matching: int
    of: int
    rules: list[RuleCount]
    reach: list[ReachCount]
    samples: list[int]
    seconds: float

    @property
    def share(self) -> float | None:
        """Matching over all; None where there is nobody."""
        return self.matching / self.of if self.of else None


def counts(
    tree: Expression | str, now: datetime, *, cancel: Stop | None = None, with_reach: bool = True,
    samples: int = SAMPLES,
) -> Counts:  # fmt: skip
    """All of it in one pass over the day's snapshot (a second one for the samples where few hold). Consents are those
    of this moment.

    Raises BadExpression, NotFound where no traits were computed yet, Stopped once `cancel` was requested.
    """
    began = time.perf_counter()
    expression = parse(tree) if isinstance(tree, str) else tree
    stop = cancel or Stop()
    nodes = conditions(expression.root)
    reaches = _reaches() if with_reach else []
    plan = _plan(expression, [*(node for node, *_ in nodes[1:]), *(_reached(one) for one in reaches)], now)
    (total, matching, *others), people = _counted(plan, samples, now, stop)
    by_rule = [matching, *others[: len(nodes) - 1]]
    return Counts(
        matching=matching, of=total,
        rules=[RuleCount(**rule(expression, *node), matching=many) for node, many in zip(nodes, by_rule, strict=True)],
        reach=[
            ReachCount(purpose=one.purpose, channel=one.channel, customers=many,
                       share=many / matching if matching else None)
            for one, many in zip(reaches, others[len(nodes) - 1 :], strict=True)
        ],
        samples=people, seconds=time.perf_counter() - began,
    )  # fmt: skip


def reach(tree: Expression | str, now: datetime, *, cancel: Stop | None = None) -> list[ReachCount]:
    """Whom of those a tree holds for may be contacted now, by purpose and channel."""
    expression = parse(tree) if isinstance(tree, str) else tree
    reaches = _reaches()
    plan = _plan(expression, [_reached(one) for one in reaches], now)
    (_, matching, *many), _none = _counted(plan, 0, now, cancel or Stop())
    return [
        ReachCount(
            purpose=one.purpose, channel=one.channel, customers=count, share=count / matching if matching else None
        )
        for one, count in zip(reaches, many, strict=True)
    ]


def _reaches() -> list[Reachable]:
    return [
        Reachable(place=(0, 0), purpose=code, channel=channel, needs_consent=purpose.legal_basis == "consent")
        for code, purpose in purposes().items()
        for channel in CHANNELS
    ]


def _reached(one: Reachable) -> Condition:
    return Every(place=(0, 0), parts=(InSegment(place=(0, 0), name=_WHOLE), one))


def _plan(expression: Expression, others: list[Condition], now: datetime) -> Plan:
    """The whole tree first, evaluated once for all that stands on it."""
    whole = Expression(text="", root=InSegment(place=(0, 0), name=_WHOLE))
    asked = [whole, *(Expression(text="", root=one) for one in others)]
    return plan_of(asked, now, {**named_of([expression]), _WHOLE: expression})


def _counted(plan: Plan, samples: int, now: datetime, stop: Stop) -> tuple[list[int], list[int]]:
    """The total, how many each output holds for, and numbers of some for whom the first one does."""
    names = ["total", *(f"o_{number}" for number in range(plan.outputs))]
    found = np.zeros(len(names), dtype=np.int64)
    people: set[int] = set()
    sql = plan.counting_with(samples)
    for part in parts_of(plan, sql, snapshot_day(now), now, stop):
        row = part.to_pylist()[0]
        found += np.array([row[name] for name in names], dtype=np.int64)
        people |= {row[f"p_{number}"] for number in range(samples)} - {None}
    counted = [int(one) for one in found]
    if len(people) < min(samples, counted[1]):  # few hold: some share a sample's place
        people = set(_some(plan, samples, now, stop))
    return counted, sorted(people)[:samples]


def _some(plan: Plan, samples: int, now: datetime, stop: Stop) -> list[int]:
    found: list[int] = []
    for part in parts_of(plan, plan.sampling(samples), snapshot_day(now), now, stop):
        found += part.column("customer_id").to_pylist()
    return found


_running: dict[str, Stop] = {}
_guard = threading.Lock()


@contextmanager
def only_the_latest(editor: str) -> Iterator[Stop]:
    """What to hand a count that an editor asks for: the one before is stopped, and `cancel` stops this one.

    `editor` names the editor and its user. Pages are served by one process, so its memory is enough.
    """
    stop = Stop()
    with _guard:
        before, _running[editor] = _running.get(editor), stop
    if before is not None:
        before.request()
    try:
        yield stop
    finally:
        with _guard:
            if _running.get(editor) is stop:
                del _running[editor]


def cancel(editor: str) -> bool:
    """Stop the count an editor is waiting for; was there one? Returns once it is over."""
    with _guard:
        running = _running.get(editor)
    if running is not None:
        running.request()
    return running is not None
