"""Why a product is recommended: the kind and the values it rests on. `words` says it in a language."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import pairwise
from statistics import median
from typing import Literal

Kind = Literal["again", "with", "taste", "viewed", "interest", "guide", "popular"]


@dataclass(frozen=True, kw_only=True)
class Reason:
    """`again`: bought before, on `at` last, `every` so many days where it was three times or more (`since` days ago).
    `with`: goes with the product `other`, bought on `at`. `taste`: `category` is often bought; `interest`: it is looked
    at. `viewed`: the product was looked at, on `at`. `guide`: these answers speak for it. `popular`: many buy it."""

    kind: Kind
    at: datetime | None = None
    every: int | None = None
    since: int | None = None
    other: str = ""
    category: str = ""
    answers: tuple[dict[str, str], ...] = ()


def rhythm(days: Sequence[int]) -> int | None:
    """The median gap between days of purchase, None for fewer than three of them; at least 1."""
    ordered = sorted(set(days))
    if len(ordered) < 3:
        return None
    return max(1, round(median(later - earlier for earlier, later in pairwise(ordered))))
