"""A programme as its file tells it. A scenario is a tree; its steps are also known by their paths.

A path names a step from the top: `"0"` is the first, `"2.then.0"` the first in the `then` of the third, `"1.b.0"` the
first in the second share of a split. Document order never goes back, so one pass over it moves everyone who is due.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import time, timedelta
from enum import StrEnum

from cordiale.decisions.rules.plan import Limit
from cordiale.decisions.rules.values import Amount


class Trigger(StrEnum):
    """What makes people enter."""

    ENTERS = "enters segment"
    LEAVES = "leaves segment"
    EVENT = "event"
    ORDER = "order"
    FIRST_ORDER = "first order"
    DATE = "date"
    EVERY = "every"


@dataclass(frozen=True, kw_only=True)
class Entry:
    """`subject` is the segment, event, profile date or weekday; `at` a time on the wall, for dates and weekdays."""

    trigger: Trigger
    subject: str = ""
    at: time | None = None


@dataclass(frozen=True, kw_only=True)
class Objective:
    """`target` is the share of the panel that should reach the metric within the time."""

    kind: str
    metric: str
    target: float
    within: timedelta


@dataclass(frozen=True, kw_only=True)
class Panel:
    """Whom the programme addresses. `control` is None until someone chose a share."""

    segment: str
    exclude: tuple[str, ...]
    control: float | None
    leaving_exits: bool


@dataclass(frozen=True, kw_only=True)
class Reentry:
    """May a customer walk again, and how long after the previous entry?"""

    allowed: bool
    after: timedelta = timedelta(0)


@dataclass(frozen=True, kw_only=True)
class Send:
    """Propose a contact. `within` is how long it stays worth sending; None takes the plan's."""

    channel: str
    template: str
    within: timedelta | None


@dataclass(frozen=True, kw_only=True)
class Wait:
    """Wait for a length of time."""

    duration: timedelta


@dataclass(frozen=True, kw_only=True)
class WaitFor:
    """Wait for an order (`event` empty) or an event, at most so long."""

    event: str
    at_most: timedelta


@dataclass(frozen=True, kw_only=True)
class If:
    """A condition of the segment language; `entry` in it is the instant of entering."""

    condition: str
    then: Scenario
    otherwise: Scenario


@dataclass(frozen=True, kw_only=True)
class Split:
    """Random by share; branches are called a, b, c …"""

    branches: tuple[tuple[float, Scenario], ...]


@dataclass(frozen=True, kw_only=True)
class Exit:
    """Leave, for a reason."""

    reason: str


Step = Send | Wait | WaitFor | If | Split | Exit
Scenario = tuple[Step, ...]


@dataclass(frozen=True, kw_only=True)
class ProgrammeSpec:
    """Everything a programme's file says."""

    name: str
    title: dict[str, str]
    objective: Objective
    panel: Panel
    entry: Entry
    reentry: Reentry
    purpose: str
    priority: int
    limits: tuple[Limit, ...]
    scenario: Scenario
    kpis: tuple[str, ...]
    budget: Amount | None


@dataclass(frozen=True, kw_only=True)
class Stop:
    """A step of the tree with its path and where each of its ways leads (None is the end)."""

    path: str
    step: Step
    ways: dict[str, str | None] = field(hash=False)


def branches_of(step: Step) -> list[tuple[str, Scenario]]:
    """The named branches below a step."""
    if isinstance(step, If):
        return [("then", step.then), ("else", step.otherwise)]
    if isinstance(step, Split):
        return [(letter_of(place), scenario) for place, (_, scenario) in enumerate(step.branches)]
    return []


def letter_of(place: int) -> str:
    """The name of a split's branch: a, b, c …"""
    return chr(ord("a") + place)


def stops(scenario: Scenario, *, prefix: str = "", after: str | None = None) -> Iterator[Stop]:
    """Every step in document order. `after` is where the last one leads."""
    for place, step in enumerate(scenario):
        path = f"{prefix}{place}"
        following = f"{prefix}{place + 1}" if place + 1 < len(scenario) else after
        branches = branches_of(step)
        yield Stop(path=path, step=step, ways=_ways(step, path, branches, following))
        for name, branch in branches:
            yield from stops(branch, prefix=f"{path}.{name}.", after=following)


def _ways(step: Step, path: str, branches: list[tuple[str, Scenario]], following: str | None) -> dict[str, str | None]:
    if branches:
        return {name: f"{path}.{name}.0" if branch else following for name, branch in branches}
    if isinstance(step, WaitFor):
        return {"event": following, "timeout": following}
    return {"done": None if isinstance(step, Exit) else following}
