"""How probable it is that a pair is one person, given what it has in common, and what may follow from that.

The weights of `linking` treat comparisons as independent of each other. In a household they are not: one address, one
last name, one telephone and often one email are shared by people who are not one person. So there are doubts, and a
pair in doubt is never more probable than pairs in that doubt turned out to be on a sample whose truth is known.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from functools import lru_cache

Levels = Mapping[str, str]
"""By comparison the level it came to; comparisons of a missing value are left out."""


class Doubt(StrEnum):
    """What speaks against one person however much else is shared."""

    FIRST_NAME = "first_name_differs"
    BIRTH = "birth_differs"
    NOBODY = "no_first_name_nor_birth"
    HOUSEHOLD = "similar_first_names_at_one_address"


class Band(StrEnum):
    """What follows: merged without asking, shown to somebody, nothing."""

    AUTOMATIC = "automatic"
    REVIEW = "review"
    NOTHING = "nothing"


@dataclass(frozen=True)
class Thresholds:
    """Probabilities from which a pair is shown, and from which it is merged without asking (if that is switched on)."""

    review: float
    automatic: float


def doubts(levels: Levels) -> tuple[Doubt, ...]:
    """What speaks against."""
    return _doubts(levels.get("first_name", ""), levels.get("birth_on", ""), levels.get("address", ""))


@lru_cache(maxsize=256)
def _doubts(first_name: str, birth: str, address: str) -> tuple[Doubt, ...]:
    speaks = {
        Doubt.FIRST_NAME: first_name == "different",
        Doubt.BIRTH: birth == "different",
        Doubt.NOBODY: not first_name and birth != "same",
        Doubt.HOUSEHOLD: first_name in ("short", "close") and not birth and address in ("same", "close"),
    }
    return tuple(doubt for doubt, is_there in speaks.items() if is_there)


def probability(weight: float, levels: Levels, caps: Mapping[str, float]) -> float:
    """The chance that a pair of this weight (bits) is one person, no higher than its doubts allow."""
    odds: float = 2.0 ** min(max(weight, -60.0), 60.0)
    return min(odds / (1 + odds), *(caps.get(doubt, 1.0) for doubt in doubts(levels)), 1.0)


def may_be_automatic(levels: Levels) -> bool:
    """Do the two say enough of who they are, without contradiction, to be merged without asking?

    The first names must agree, the last names or the birth dates too; a birth date that differs at all forbids it.
    """
    if doubts(levels) or levels.get("first_name") not in ("same", "short", "swapped"):
        return False
    if levels.get("birth_on", "same") != "same":
        return False
    return levels.get("last_name") in ("same", "part", "swapped", "close") or levels.get("birth_on") == "same"


def band(chance: float, levels: Levels, thresholds: Thresholds) -> Band:
    """What follows for a pair."""
    if chance < thresholds.review:
        return Band.NOTHING
    if chance >= thresholds.automatic and may_be_automatic(levels):
        return Band.AUTOMATIC
    return Band.REVIEW
