"""Whom a row is about: the strongest identifier decides, a shared one never fuses two people."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, NamedTuple

from cordiale import clock
from cordiale.errors import CordialeError
from cordiale.identity.rules import names, values
from cordiale.identity.rules.names import Person

LIMIT = 3
"""So many references one customer may gather through weaker values, and so many people one value may be claimed by,
before it no longer says who somebody is (a till's address, a kiosk)."""
STANDINGS = ("fill", "normal", "own")

Value = tuple[str, str]
"""A kind and a canonical value."""


@dataclass(frozen=True, kw_only=True)
class Told:
    """What one source says of one person at one moment.

    `standing`: `fill` counts only where nothing is known, `own` is the person's word or a correction by hand.
    """

    identifiers: Mapping[str, str | None]
    values: Mapping[str, Any]
    source: str
    at: datetime
    certainty: float = 1.0
    standing: str = "normal"

    def __post_init__(self) -> None:
        clock.require_aware(self.at)
        unknown = set(self.identifiers) - set(values.KINDS)
        if unknown:
            raise CordialeError(f"'{unknown.pop()}' is no kind of identifier; it takes {', '.join(values.KINDS)}")
        if self.standing not in STANDINGS:
            raise CordialeError(f"'{self.standing}' is no standing; it takes {', '.join(STANDINGS)}")


@dataclass(frozen=True, kw_only=True)
class Seen:
    """Who an event says it is of: a signed-in user, a browser, or both. At least one is given."""

    user_id: str | None
    anonymous_id: str | None
    at: datetime


class Clash(NamedTuple):
    """A value that points to `holder` was given for `claimant`; it stays where it is. `reason` is a word of REASONS."""

    kind: str
    value: str
    holder: int
    claimant: int
    reason: str


REASONS = ("names", "two customers", "too many")


class Row(NamedTuple):
    """One row to decide: its usable values, strongest first, and who it says it is.

    By `last_resort` a row is known again whose values all turn out to be other people's.
    """

    values: Sequence[Value]
    person: Person
    last_resort: Value | None = None


class Verdict(NamedTuple):
    """Whom a row is about (negative: the nth customer to make) and what follows."""

    number: int
    links: Sequence[Value]
    clashes: Sequence[Clash]


@dataclass
class Book:
    """What is known while rows are decided one after the other; each decision is written into it.

    `holders` and `claimants` give customer numbers by value, merges already followed in `survivor`.
    """

    holders: dict[Value, int]
    claimants: dict[Value, list[int]]
    people: dict[int, Person]
    references: dict[int, int]
    survivor: Mapping[int, int] = field(default_factory=dict)
    made: int = 0

    def decide(self, row: Row) -> Verdict:
        """Whom `row` is about, by the strongest value that is known and does not contradict it."""
        brings = next((value for value in row.values if value[0] == "reference" and value not in self.holders), None)
        number = next((found for value in row.values if (found := self._whose(value, row.person, brings))), 0)
        links = [value for value in row.values if value not in self.holders]
        if not number and not links and row.last_resort:
            number = self.holders.get(row.last_resort, 0)
            links = [] if number else [row.last_resort]
        if not number:
            self.made += 1
            number = -self.made
        clashes = [clash for value in row.values if (clash := self._clash(value, number, row.person))]
        self._keep(number, row.person, links, clashes)
        return Verdict(number, links, clashes)

    def _whose(self, value: Value, person: Person, brings: Value | None) -> int:
        """The customer `value` says this is, 0 where it says nothing."""
        holder = self.holders.get(value)
        if holder is None:
            return 0
        if value[0] == "reference":
            return holder
        candidates = [holder, *self.claimants.get(value, ())]
        roots = {self._root(one) for one in candidates}
        references = sum(self.references.get(root, 0) for root in roots)
        must_agree = len(roots) > LIMIT or (brings is not None and references >= LIMIT)
        return next((one for one in candidates if self._may_be(one, person, brings, must_agree)), 0)

    def _may_be(self, number: int, person: Person, brings: Value | None, must_agree: bool) -> bool:
        known = self.people.get(self._root(number), Person())
        if names.disagree(known, person) or (must_agree and not names.agree(known, person)):
            return False
        references = self.references.get(self._root(number), 0)
        if brings is None or references == 0:
            return True
        born = {known.birth_on, person.birth_on} - {None}
        return references < LIMIT and len(born) < 2

    def _clash(self, value: Value, number: int, person: Person) -> Clash | None:
        holder = self.holders.get(value)
        if holder is None or self._root(holder) == self._root(number):
            return None
        claimants = self.claimants.get(value, [])
        if len(claimants) > LIMIT or any(self._root(one) == self._root(number) for one in claimants):
            return None
        known = self.people.get(self._root(holder), Person())
        reason = "names" if names.disagree(known, person) else "two customers" if number > 0 else "too many"
        return Clash(*value, holder, number, reason)

    def _keep(self, number: int, person: Person, links: Iterable[Value], clashes: Iterable[Clash]) -> None:
        root = self._root(number)
        for value in links:
            self.holders[value] = number
            self.references[root] = self.references.get(root, 0) + (value[0] == "reference")
        for clash in clashes:
            self.claimants.setdefault((clash.kind, clash.value), []).append(number)
        known = self.people.get(root, Person())
        self.people[root] = Person(
            known.first_name or person.first_name,
            known.last_name or person.last_name,
            known.birth_on or person.birth_on,
        )

    def _root(self, number: int) -> int:
        return self.survivor.get(number, number)
