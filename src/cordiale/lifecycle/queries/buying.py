"""How people buy as of a snapshot: counted once by the lake, kept for its day, read from there."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

from cordiale import clock
from cordiale.company import company
from cordiale.errors import NotFound
from cordiale.insight.models import Snapshot
from cordiale.lake import open_lake
from cordiale.lifecycle import statements
from cordiale.lifecycle.models import Kept
from cordiale.lifecycle.rules import buying
from cordiale.lifecycle.rules.buying import Cohort, Pair

MONTH, QUARTER = "month", "quarter"
COHORTS = {MONTH: "cohorts-month", QUARTER: "cohorts-quarter"}
INTERVALS, BASKETS = "intervals", "baskets"
KINDS = (*COHORTS.values(), INTERVALS, BASKETS)
SMALL = 2_000_000
"""Order lines up to which a page counts at once; above, a job does."""
_PERIODS = {MONTH: (1, 24), QUARTER: (3, 12)}
"""Months a period has, and how many periods are looked back on."""


@dataclass(frozen=True, kw_only=True)
class Retention:
    """Cohorts by period of the first order: period n begins on `starts[n - 1]`, the last one ends on `end`.

    `earlier`: customers who first ordered before all of them.
    """

    starts: tuple[date, ...]
    end: date | None
    cohorts: tuple[Cohort, ...]
    earlier: int


@dataclass(frozen=True, kw_only=True)
class Intervals:
    """Orders by whole days since the customer's order before, and how many customers are past their usual interval.

    `known`: customers with a usual interval; `late`: past it; `very_late`: past it twice; of `customers`.
    """

    days: Mapping[int, int]
    customers: int
    known: int
    late: int
    very_late: int


@dataclass(frozen=True, kw_only=True)
class Baskets:
    """Orders of the last year by whole units of money and by lines, the spend of categories, pairs of them."""

    orders: int
    spend: float
    values: Mapping[int, int]
    lines: Mapping[int, int]
    categories: tuple[tuple[str, int, float], ...]
    pairs: tuple[Pair, ...]


def find(kind: str, snapshot: Snapshot) -> Kept | None:
    """What is kept of this kind for a snapshot as it is now; None where nothing is."""
    return Kept.objects.filter(
        kind=kind, day=snapshot.day, as_of=snapshot.as_of, definition=snapshot.definition
    ).first()


def count(kind: str, snapshot: Snapshot) -> Kept:
    """Count with the lake and keep the result. Raises NotFound for a kind that is none."""
    if kind not in _COUNTING:
        raise NotFound(f"there is no view '{kind}'; there are {', '.join(KINDS)}")
    started = time.monotonic()
    counts = _COUNTING[kind](snapshot)
    kept, _is_new = Kept.objects.update_or_create(kind=kind, day=snapshot.day, defaults={
        "as_of": snapshot.as_of, "definition": snapshot.definition, "counts": counts,
        "seconds": round(time.monotonic() - started, 3),
    })  # fmt: skip
    return kept


def at_once(kind: str, snapshot: Snapshot) -> Kept | None:
    """What is kept, or counted now where the base is small enough; None where a job has to."""
    kept = find(kind, snapshot)
    if kept is None and open_lake().facts["order_lines"].snapshot().rows <= SMALL:
        return count(kind, snapshot)
    return kept


def retention(kept: Kept) -> Retention:
    """The cohorts behind kept counts."""
    days = [date.fromisoformat(text) for text in kept.counts["bounds"]]
    rows = [(int(row[0]), int(row[1]), int(row[2]), float(row[3])) for row in kept.counts["rows"]]
    earlier = max((many for cohort, period, many, _spend in rows if cohort == period == 0), default=0)
    return Retention(starts=tuple(days[:-1]), end=days[-1] - timedelta(days=1) if days else None, earlier=earlier,
                     cohorts=tuple(buying.triangle(rows, max(len(days) - 1, 0))))  # fmt: skip


def intervals(kept: Kept, stage: str = "") -> Intervals:
    """Of everybody, or of those in one stage on the snapshot's day."""
    days: Counter[int] = Counter()
    for row_stage, gap, orders in kept.counts["rows"]:
        if stage in ("", row_stage):
            days[int(gap)] += int(orders)
    late = [row for row in kept.counts["overdue"] if stage in ("", row["stage"])]
    customers, known, past, twice = (
        sum(row[name] for row in late) for name in ("customers", "known", "late", "very_late")
    )
    return Intervals(days=days, customers=customers, known=known, late=past, very_late=twice)


def baskets(kept: Kept) -> Baskets:
    """The baskets behind kept counts; categories by falling spend."""
    sizes = {
        measure: {int(size): int(orders) for size, orders in kept.counts[measure]} for measure in ("value", "lines")
    }
    both = {(one, other): int(orders) for one, other, orders, _spend in kept.counts["categories"]}
    spent = [
        (one, int(orders), float(spend)) for one, other, orders, spend in kept.counts["categories"] if one == other
    ]
    orders = sum(sizes["lines"].values())
    return Baskets(orders=orders, spend=float(kept.counts["spend"]), values=sizes["value"], lines=sizes["lines"],
                   categories=tuple(sorted(spent, key=lambda row: (-row[2], row[0]))),
                   pairs=tuple(buying.pairs(both, orders)))  # fmt: skip


def bounds(first: date, today: date, period: str) -> list[date]:
    """The first days of the complete periods from the first order's on, at most so many, and the day after the last."""
    months, most = _PERIODS[period]
    end = _opening(today, months)
    days = [end]
    while len(days) <= most and days[-1] > _opening(first, months):
        days.append(_opening(days[-1] - timedelta(days=1), months))
    return days[::-1] if len(days) > 1 else []


def _opening(day: date, months: int) -> date:
    """The first day of the month or quarter of a day."""
    return day.replace(month=(day.month - 1) // months * months + 1, day=1)


def _count_cohorts(snapshot: Snapshot, period: str) -> dict[str, Any]:
    lake, zone = open_lake(), company().zone
    first = lake.query("SELECT min(ts) AS first FROM order_lines")["first"][0].as_py()
    today = clock.local_day(snapshot.as_of, zone)
    days = bounds(clock.local_day(first, zone), today, period) if first and first < snapshot.as_of else []
    if not days:
        return {"bounds": [], "rows": []}
    rows = lake.query(statements.cohorts([clock.start_of_day(day, zone) for day in days])).to_pylist()
    return {
        "bounds": [day.isoformat() for day in days],
        "rows": sorted([row["cohort"], row["period"], row["customers"], row["spend"]] for row in rows),
    }


def _count_intervals(snapshot: Snapshot) -> dict[str, Any]:
    lake = open_lake()
    if not lake.days():  # a snapshot of nobody leaves no column to ask
        return {"rows": [], "overdue": []}
    has_usual = "overdue_ratio" in lake.traits.snapshot().columns.names  # a company may declare its traits without it
    gaps = lake.query(statements.intervals(snapshot.as_of), snapshot.day).to_pylist()
    return {
        "rows": sorted([row["stage"], row["days"], row["orders"]] for row in gaps),
        "overdue": lake.query(statements.overdue(), snapshot.day).to_pylist() if has_usual else [],
    }


def _count_baskets(snapshot: Snapshot) -> dict[str, Any]:
    lake = open_lake()
    sizes = lake.query(statements.baskets(snapshot.as_of)).to_pylist()
    shared = lake.query(statements.categories(snapshot.as_of)).to_pylist()
    sized = {
        measure: sorted([row["size"], row["orders"]] for row in sizes if row["measure"] == measure)
        for measure in ("value", "lines")
    }
    spend = sum(row["spend"] for row in sizes if row["measure"] == "lines")
    return {**sized, "spend": spend, "categories": sorted(
        [row["one"], row["other"], row["orders"], row["spend"] or 0.0] for row in shared
    )}  # fmt: skip


_COUNTING: Mapping[str, Callable[[Snapshot], dict[str, Any]]] = {
    COHORTS[MONTH]: lambda snapshot: _count_cohorts(snapshot, MONTH),
    COHORTS[QUARTER]: lambda snapshot: _count_cohorts(snapshot, QUARTER),
    INTERVALS: _count_intervals,
    BASKETS: _count_baskets,
}
