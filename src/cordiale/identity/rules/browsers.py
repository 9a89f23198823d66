"""Whose a browser is while nobody is signed in."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from typing import NamedTuple

MOST_PEOPLE = 20
"""So many people are remembered of one browser; a kiosk's further ones change nothing any more."""


class Sight(NamedTuple):
    """A customer's first moment with a browser; `survivor` is himself, or whom he was merged into."""

    at: datetime
    customer_id: int
    survivor: int


@dataclass
class Browser:
    """Who was seen with one browser, by number. The first one has its past; the second one ends that: it is shared."""

    sights: dict[int, Sight] = field(default_factory=dict)

    @property
    def first(self) -> Sight | None:
        """Who was seen first, whenever we were told."""
        return min(self.sights.values(), default=None)

    def is_shared(self, at: datetime) -> bool:
        """Had a second person used it by then?"""
        first = self.first
        return first is not None and any(
            sight.survivor != first.survivor and sight.at <= at for sight in self.sights.values()
        )

    def is_news(self, customer_id: int, at: datetime) -> bool:
        """Does it say something new that he was seen with it then?"""
        known = self.sights.get(customer_id)
        return at < known.at if known else len(self.sights) < MOST_PEOPLE
