"""Browsers: who was seen with them, and the visitors that what happens there unsigned is of."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import NamedTuple

from django.db import transaction

from cordiale.customers import actions as customers
from cordiale.identity import aliases, tables
from cordiale.identity.rules.browsers import Browser, Sight

NOBODYS = ""
"""The browser of what names none: one visitor's, who never becomes anybody."""
_VISITORS = "SELECT anonymous_id, is_shared, id FROM identity_visitor WHERE anonymous_id = ANY(%s)"
_SIGHTS = """
SELECT s.anonymous_id, s.at, s.customer_id, coalesce(c.merged_into_id, s.customer_id)
FROM identity_sighting s LEFT JOIN customers_customer c ON c.id = s.customer_id WHERE s.anonymous_id = ANY(%s)
"""
_ADD_VISITOR = "INSERT INTO identity_visitor (id, anonymous_id, is_shared, created_at) VALUES (%s, %s, %s, %s)"
_ADD_SIGHT = """
INSERT INTO identity_sighting (anonymous_id, customer_id, at) VALUES (%s, %s, %s)
ON CONFLICT (anonymous_id, customer_id) DO UPDATE SET at = least(identity_sighting.at, excluded.at)
"""


class Sighted(NamedTuple):
    """Something happened in a browser (or NOBODYS), by a customer or (None) unsigned."""

    browser: str
    customer_id: int | None
    at: datetime


@dataclass
class _World:
    """What is known of some browsers. Visitors are kept by browser and whether they are its shared one."""

    visitors: dict[tuple[str, bool], int]
    browsers: Mapping[str, Browser]

    def visitor(self, seen: Sighted) -> tuple[str, bool]:
        """Which of the browser's two visitors something unsigned is of."""
        return seen.browser, seen.browser == NOBODYS or self.browsers[seen.browser].is_shared(seen.at)

    def number(self, seen: Sighted) -> int | None:
        """The customer or visitor, None where there is no such visitor yet."""
        return seen.customer_id or self.visitors.get(self.visitor(seen))

    def news(self, rows: Iterable[Sighted]) -> list[tuple[str, int, datetime]]:
        """First sightings that are not known yet: browser, customer, moment."""
        first: dict[tuple[str, int], datetime] = {}
        for browser, number, at in rows:
            if number and browser != NOBODYS and self.browsers[browser].is_news(number, at):
                first[browser, number] = min(at, first.get((browser, number), at))
        return sorted((browser, number, at) for (browser, number), at in first.items())


def see(rows: Sequence[Sighted], now: datetime) -> list[int]:
    """Keep who was seen where; the number of each row's customer or visitor.

    A visitor keeps its number when it becomes known who it is: the number is then an alias of the first one seen with
    the browser, whenever we are told of him.
    """
    if not rows:
        return []
    world = _read(rows)
    numbers = [number for seen in rows if (number := world.number(seen))]
    return numbers if len(numbers) == len(rows) and not world.news(rows) else _see_new(rows, now)


@transaction.atomic
def _see_new(rows: Sequence[Sighted], now: datetime) -> list[int]:
    tables.lock()
    world = _read(rows)
    _record(world, world.news(rows))
    _make_visitors(world, rows, now)
    _identify(world, now)
    return [number for seen in rows if (number := world.number(seen))]


def _read(rows: Iterable[Sighted]) -> _World:
    names = sorted({seen.browser for seen in rows})
    browsers = {name: Browser() for name in names}
    for name, at, number, survivor in tables.rows(_SIGHTS, names):
        browsers[name].sights[number] = Sight(at, number, survivor)
    visitors = {(name, is_shared): number for name, is_shared, number in tables.rows(_VISITORS, names)}
    return _World(visitors, browsers)


def _record(world: _World, news: Sequence[tuple[str, int, datetime]]) -> None:
    survivors = tables.survivors(number for _, number, _ in news)
    for name, number, at in news:
        world.browsers[name].sights[number] = Sight(at, number, survivors.get(number, number))
    tables.write(_ADD_SIGHT, news)


def _make_visitors(world: _World, rows: Iterable[Sighted], now: datetime) -> None:
    missing = sorted({world.visitor(seen) for seen in rows if not seen.customer_id} - set(world.visitors))
    made = list(zip(customers.reserve_ids(len(missing)), missing, strict=True))
    tables.write(_ADD_VISITOR, [(number, name, is_shared, now) for number, (name, is_shared) in made])
    world.visitors |= {place: number for number, place in made}


def _identify(world: _World, now: datetime) -> None:
    """The history of a browser is of whom was seen there first."""
    pairs = [
        (number, first.customer_id)
        for (name, is_shared), number in world.visitors.items()
        if not is_shared and (first := world.browsers[name].first)
    ]
    aliases.point(pairs, "identified", now)
