"""The scenario as a tree to draw: what each step is, and how many stand before it or went through."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from cordiale.programmes import words
from cordiale.programmes.rules.spec import Exit, If, Scenario, Send, Split, Step, branches_of
from cordiale.ui import formats

Counts = Mapping[str, Mapping[str, int]]


@dataclass(frozen=True, kw_only=True)
class Way:
    """One way out of a step and the walks that took it."""

    label: str
    number: int


@dataclass(frozen=True, kw_only=True)
class Branch:
    """A branch below a step."""

    label: str
    number: int
    nodes: tuple[Node, ...]

    @property
    def is_closed(self) -> bool:
        """Does it lead out, so that it does not join the others again?"""
        return bool(self.nodes) and self.nodes[-1].tone == "end"


@dataclass(frozen=True, kw_only=True)
class Node:
    """A step as it is drawn. `tone` is its colour: sending, time, logic, end."""

    path: str
    title: str
    detail: str
    is_code: bool
    icon: str
    tone: str
    passed: int
    waiting: int
    ways: tuple[Way, ...]
    branches: tuple[Branch, ...]


def draw(scenario: Scenario, passed: Counts, waiting: Mapping[str, int], *, prefix: str = "") -> tuple[Node, ...]:
    """The nodes of a scenario, branches inside."""
    return tuple(_node(step, f"{prefix}{place}", passed, waiting) for place, step in enumerate(scenario))


def _node(step: Step, path: str, passed: Counts, waiting: Mapping[str, int]) -> Node:
    ways = passed.get(path, {})
    icon, tone = _look(step)
    branches = tuple(
        Branch(
            label=_label(step, name, place),
            number=ways.get(name, 0),
            nodes=draw(below, passed, waiting, prefix=f"{path}.{name}."),
        )
        for place, (name, below) in enumerate(branches_of(step))
    )
    return Node(
        path=path,
        title=words.step_title(step),
        detail=words.step_detail(step),
        is_code=isinstance(step, If),
        icon=icon,
        tone=tone,
        passed=sum(ways.values()),
        waiting=waiting.get(path, 0),
        ways=() if branches or set(ways) <= {"done"} else tuple(_way(name, ways[name]) for name in sorted(ways)),
        branches=branches,
    )


def _label(step: Step, name: str, place: int) -> str:
    if isinstance(step, Split):
        return f"{words.way(name)} · {formats.percent(step.branches[place][0])}"
    return words.way(name)


def _way(name: str, number: int) -> Way:
    return Way(label=words.way(name), number=number)


def _look(step: Step) -> tuple[str, str]:
    if isinstance(step, Send):
        return "mail", "sending"
    if isinstance(step, If):
        return "git-branch", "logic"
    if isinstance(step, Split):
        return "arrows-split", "logic"
    return ("door-exit", "end") if isinstance(step, Exit) else ("clock", "time")
