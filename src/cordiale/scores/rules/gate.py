"""The data gate: what the past must hold before a score may exist."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import asdict, dataclass
from typing import Any

BUYERS, HISTORY, POSITIVES, NEGATIVES = "buyers", "history", "positives", "negatives"
MEASURES = (BUYERS, HISTORY, POSITIVES, NEGATIVES)


@dataclass(frozen=True, kw_only=True)
class Check:
    """One measure of the gate: what there is and what is needed."""

    measure: str
    have: int
    need: int

    @property
    def is_passed(self) -> bool:
        """Is there enough?"""
        return self.have >= self.need

    def as_json(self) -> dict[str, Any]:
        """For the card."""
        return asdict(self) | {"is_passed": self.is_passed}


def refusals(checks: Iterable[Check]) -> list[dict[str, Any]]:
    """The checks that did not pass; none: the score may exist."""
    return [check.as_json() for check in checks if not check.is_passed]
