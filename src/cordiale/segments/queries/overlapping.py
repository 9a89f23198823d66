"""Which segments hold the same people: every combination that anybody is in, counted in one pass."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from cordiale.errors import CordialeError
from cordiale.lake import Stop
from cordiale.segments.queries.evaluation import parts_of, plan_of, snapshot_day
from cordiale.segments.queries.language import get_segment, parse

MOST = 8


@dataclass(frozen=True, kw_only=True)
class Intersection:
    """The people who are in exactly these segments, and in none of the others."""

    names: tuple[str, ...]
    customers: int


@dataclass(frozen=True, kw_only=True)
class Overlap:
    """`sizes` by name in the order asked; `intersections` that are not empty, largest first; `of` is everybody."""

    of: int
    sizes: dict[str, int]
    intersections: list[Intersection]

    def shared(self, one: str, other: str) -> int:
        """How many are in both."""
        return sum(each.customers for each in self.intersections if one in each.names and other in each.names)


def overlap(names: Sequence[str], now: datetime, *, cancel: Stop | None = None) -> Overlap:
    """How 2 to 8 segments overlap, evaluated now. Raises NotFound, CordialeError, Stopped."""
    names = list(dict.fromkeys(names))
    if not 2 <= len(names) <= MOST:
        raise CordialeError(f"give 2 to {MOST} different segments to compare")
    plan = plan_of([parse(get_segment(name).expression) for name in names], now)
    counted: Counter[tuple[str, ...]] = Counter()
    for part in parts_of(plan, plan.combining, snapshot_day(now), now, cancel):
        for row in part.to_pylist():
            counted[tuple(name for number, name in enumerate(names) if row[f"o_{number}"])] += row["customers"]
    return Overlap(
        of=counted.total(),
        sizes={name: sum(many for held, many in counted.items() if name in held) for name in names},
        intersections=[
            Intersection(names=held, customers=many)
            for held, many in sorted(counted.items(), key=lambda one: (-one[1], one[0])) if held
        ],
    )  # fmt: skip
