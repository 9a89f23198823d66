"""The rules a company lays over what a model recommends, as data."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from cordiale.recommendations.rules import reading

SOURCE = "recommendations.yaml"
_KEYS = ("in_stock_only", "margin", "bought", "diversity", "exclude", "boost")
_SUBJECTS = ("categories", "brands", "products")


@dataclass(frozen=True, kw_only=True)
class Rulebook:
    """`again` is None where products of every category may come again. See `data/recommendations.yaml`."""

    in_stock_only: bool = True
    least_margin: float | None = None
    margin_weight: float = 0.0
    wait_days: float = 7
    again: frozenset[str] | None = None
    per_category: int = 3
    fade: float = 0.85
    excluded: Mapping[str, frozenset[str]] = field(default_factory=lambda: {one: frozenset() for one in _SUBJECTS})
    boosts: Mapping[str, Mapping[str, float]] = field(default_factory=lambda: {one: {} for one in _SUBJECTS})

    def may_come_again(self, category: str) -> bool:
        """May a product of the category be recommended to who bought it before?"""
        return self.again is None or category in self.again


def parse(loaded: Any, source: str = SOURCE) -> Rulebook:
    """The rules of a loaded document. Raises Located where one is wrong."""
    book = reading.document(loaded, source, _KEYS)
    margin = book.part("margin").only("least", "weight")
    bought = book.part("bought").only("wait_days", "again")
    diversity = book.part("diversity").only("per_category", "fade")
    exclude, boost = book.part("exclude").only(*_SUBJECTS), book.part("boost").only(*_SUBJECTS)
    again = bought.values.get("again", "all")
    return Rulebook(
        in_stock_only=book.flag("in_stock_only", True),
        least_margin=margin.number("least", None, -1, 1),
        margin_weight=float(margin.number("weight", 0.0, 0, 1)),
        wait_days=float(bought.number("wait_days", 7, 0, 3650)),
        again=None if again == "all" else frozenset(bought.names("again")),
        per_category=int(diversity.number("per_category", 3, 1, 100)),
        fade=float(diversity.number("fade", 0.85, 0.01, 1)),
        excluded={one: frozenset(exclude.names(one)) for one in _SUBJECTS},
        boosts={one: boost.weights(one, 0, 100) for one in _SUBJECTS},
    )
