"""How people buy, from counts: who came back, after how long, and what lies in baskets. Nothing but arithmetic."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

QUANTILES = (0.1, 0.25, 0.5, 0.75, 0.9)
LEAST_SUPPORT = 0.01
"""Share of orders that hold both categories of a pair, at least, for its lift to be shown."""
_STEPS = (1, 2, 5)


@dataclass(frozen=True, kw_only=True)
class Cohort:
    """Those who first ordered in `period`: the share that ordered `n` periods later, and spend so far for each.

    The first of `shares` is 1 by definition; both lists end with the last complete period.
    """

    period: int
    customers: int
    shares: tuple[float, ...]
    spend: tuple[float, ...]


@dataclass(frozen=True, kw_only=True)
class Bin:
    """So many from `low` to `high`, both included; the last one of a histogram may be open (`high` is None)."""

    low: int
    high: int | None
    many: int


@dataclass(frozen=True, kw_only=True)
class Pair:
    """Two categories: orders that hold both, their share of all orders, and how much oftener than by chance."""

    one: str
    other: str
    orders: int
    support: float
    lift: float


def triangle(rows: Iterable[tuple[int, int, int, float]], periods: int) -> list[Cohort]:
    """Cohorts 1 to `periods`, from (cohort, period, customers who ordered, spend); empty ones are left out."""
    counted: dict[tuple[int, int], tuple[int, float]] = {
        (cohort, period): (customers, spend) for cohort, period, customers, spend in rows
    }
    found = []
    for cohort in range(1, periods + 1):
        size = counted.get((cohort, cohort), (0, 0.0))[0]
        if size:
            cells = [counted.get((cohort, period), (0, 0.0)) for period in range(cohort, periods + 1)]
            spent = [sum(spend for _many, spend in cells[: place + 1]) / size for place in range(len(cells))]
            shares = tuple(many / size for many, _spend in cells)
            found.append(Cohort(period=cohort, customers=size, shares=shares, spend=tuple(spent)))
    return found


def mean_shares(cohorts: Sequence[Cohort]) -> list[float]:
    """The share that ordered `n` periods later, over all cohorts old enough to tell, each weighed by its customers."""
    longest = max((len(one.shares) for one in cohorts), default=0)
    means = []
    for age in range(longest):
        old = [one for one in cohorts if len(one.shares) > age]
        means.append(sum(one.shares[age] * one.customers for one in old) / sum(one.customers for one in old))
    return means


def quantiles(counts: Mapping[int, int], shares: Sequence[float] = QUANTILES) -> list[int]:
    """The least value that at least each share of the counted have or are below; empty without any."""
    total, found = sum(counts.values()), []
    for share in shares if total else ():
        reached = 0
        for value in sorted(counts):
            reached += counts[value]
            if reached >= share * total:
                found.append(value)
                break
    return found


def histogram(
    counts: Mapping[int, int], *, bins: int = 20, cap: int | None = None, first: int | None = None
) -> list[Bin]:
    """Whole numbers in bins of a round width, wide enough for nine tenths of them in most bins; the rest in the last.

    `cap`: the value that stands for itself and all above. `first`: where bins begin, else at a multiple of the width.
    """
    if not counts:
        return []
    low, end = min(counts), quantiles(counts, (0.95,))[0]
    width = _round_width((end - min(low, end) + 1) / bins)
    start, found = low // width * width if first is None else first, list[Bin]()
    while start <= end:
        many = sum(counts.get(value, 0) for value in range(start, start + width))
        found.append(Bin(low=start, high=start + width - 1, many=many))
        start += width
    rest = sum(many for value, many in counts.items() if value >= start)
    last = max(counts)
    if rest:
        found.append(Bin(low=start, high=None if cap is not None and last >= cap else last, many=rest))
    return found


def pairs(both: Mapping[tuple[str, str], int], orders: int, *, support: float = LEAST_SUPPORT) -> list[Pair]:
    """Pairs of categories by falling lift, from the orders that hold each pair (and each category: both the same).

    Lift is the share of orders that hold both over the product of the shares that hold each: 1 is chance.
    """
    found = [
        Pair(one=one, other=other, orders=many, support=many / orders,
             lift=many * orders / (both[one, one] * both[other, other]))
        for (one, other), many in both.items()
        if one != other and many >= support * orders
    ]  # fmt: skip
    return sorted(found, key=lambda pair: (-pair.lift, pair.one, pair.other))


def _round_width(least: float) -> int:
    """1, 2, 5, 10, 20, … that is no less."""
    power = 1
    while True:
        for step in _STEPS:
            if step * power >= least:
                return step * power
        power *= 10
