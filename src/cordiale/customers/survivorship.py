"""Which of the values that sources gave is kept. Pure; the order in which they are given does not matter."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

STANDINGS = ("fill", "normal", "own")
"""How much a submission weighs: only where nothing else is known, as the rule says, the person's own word."""


@dataclass(frozen=True)
class Rule:
    """How a field chooses: `latest`, `most_certain`, `first`, or `sources`, the best first, others after them."""

    name: str
    sources: tuple[str, ...] = ()


LATEST = Rule("latest")


@dataclass(frozen=True, kw_only=True)
class Said:
    """What one source said at one moment. A value of None says that there is none; a field it leaves out, nothing.

    `number` orders what is otherwise equal: the later submission counts.
    """

    number: int
    values: Mapping[str, Any]
    source: str
    at: datetime
    certainty: float = 1.0
    standing: str = "normal"


@dataclass(frozen=True, kw_only=True)
class Kept:
    """The value kept of a field, who said it, and why: `only`, `own`, `known` (over a fill), or the rule's name."""

    value: Any
    said: Said
    why: str


def fold(said: Iterable[Said], rules: Mapping[str, Rule]) -> dict[str, Kept]:
    """What is kept of each field that anybody spoke of; a field without a rule keeps the latest."""
    by_field: dict[str, list[Said]] = {}
    for one in said:
        for name in one.values:
            by_field.setdefault(name, []).append(one)
    return {name: choose(name, candidates, rules.get(name, LATEST)) for name, candidates in by_field.items()}


def choose(name: str, candidates: list[Said], rule: Rule) -> Kept:
    """The one of `candidates` (not empty, all speak of `name`) whose value is kept.

    The person's own word counts before anything else, a fill only where nothing else is said: of fills the first.
    """
    best = max(STANDINGS.index(one.standing) for one in candidates)
    standing = STANDINGS[best]
    equals = [one for one in candidates if one.standing == standing]
    if standing == "own":
        winner = max(equals, key=_latest)
    elif standing == "fill":
        winner = min(equals, key=_latest)
    else:
        winner = min(equals, key=_first) if rule.name == "first" else max(equals, key=_keys(rule))
    return Kept(value=winner.values[name], said=winner, why=_why(candidates, equals, standing, rule))


def _why(candidates: list[Said], equals: list[Said], standing: str, rule: Rule) -> str:
    if len(candidates) == 1:
        return "only"
    if standing == "own":
        return "own"
    if len(equals) == 1:
        return "known"
    return "first" if standing == "fill" else rule.name


def _latest(one: Said) -> tuple[Any, ...]:
    return (one.at, one.certainty, one.number)


def _first(one: Said) -> tuple[Any, ...]:
    return (one.at, -one.certainty, one.number)


def _keys(rule: Rule) -> Callable[[Said], tuple[Any, ...]]:
    if rule.name == "most_certain":
        return lambda one: (one.certainty, one.at, one.number)
    if rule.name == "sources":
        place = {name: -number for number, name in enumerate(rule.sources)}
        return lambda one: (place.get(one.source, -len(place)), *_latest(one))
    return _latest


def is_repeated(one: Said, said: Iterable[Said]) -> bool:
    """Does `one` say only what the same source already says, as surely and by then? It is not worth keeping."""
    peers = [
        other for other in said
        if (other.source, other.standing, other.certainty) == (one.source, one.standing, one.certainty)
    ]  # fmt: skip
    latest: dict[str, tuple[Any, datetime]] = {}
    for other in sorted(peers, key=_latest):
        latest |= {name: (value, other.at) for name, value in other.values.items()}
    return all(
        name in latest and latest[name][0] == value and latest[name][1] <= one.at for name, value in one.values.items()
    )
