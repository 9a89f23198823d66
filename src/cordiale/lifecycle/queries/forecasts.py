"""Stage sizes to come, from the moves between past month ends, and how right such forecasts would have been."""

from __future__ import annotations

from calendar import monthrange
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from functools import lru_cache
from itertools import pairwise

import numpy as np

from cordiale import clock
from cordiale.company import company
from cordiale.insight import changes
from cordiale.insight.models import Snapshot
from cordiale.lake import open_lake
from cordiale.lifecycle.queries.flows import Edition, edition, pairs
from cordiale.lifecycle.rules import backtest, chain
from cordiale.lifecycle.rules.backtest import Verdict
from cordiale.lifecycle.rules.chain import Chain, Counts, Path

LEAST = 6
"""Month ends in a row that a forecast needs."""
WINDOW, LONGEST_WINDOW = 12, 36
MONTHS, MOST_MONTHS = 6, 12
MOST_MISSING = 24
"""Month ends that are computed afterwards at most."""


@dataclass(frozen=True, kw_only=True)
class Forecast:
    """What is foretold from the last complete month end on; `chain` and the rest are None or empty below the gate.

    `snapshots`: the month ends in a row it rests on, oldest first. `months`: the month ends foretold.
    """

    snapshots: tuple[Snapshot, ...]
    window: int
    months: tuple[date, ...]
    chain: Chain | None
    path: Path | None
    verdicts: tuple[Verdict, ...]

    @property
    def is_of_one_meaning(self) -> bool:
        """Were the stages of all month ends made by the same rules?"""
        return changes.are_stages_alike(self.snapshots)


def forecast(months: int = MONTHS, window: int = WINDOW) -> Forecast:
    """Stage sizes 1 to `months` months ahead, learnt from the moves of at most the last `window` months."""
    run = month_ends()
    if len(run) < LEAST:
        return Forecast(snapshots=run, window=window, months=(), chain=None, path=None, verdicts=())
    fitted, path, verdicts = _forecast(tuple(one.day for one in run), edition(*run), months, window)
    return Forecast(snapshots=run, window=window, months=tuple(_following(run[-1].day, months)), chain=fitted,
                    path=path, verdicts=verdicts)  # fmt: skip


def month_ends() -> tuple[Snapshot, ...]:
    """The snapshots of the last days of months, as far back from the latest as none is missing; oldest first."""
    kept = set(open_lake().days())
    ends = [one for one in Snapshot.objects.order_by("-day") if is_month_end(one.day) and one.day in kept]
    run = ends[:1]
    for one in ends[1:]:
        if one.day != run[-1].day.replace(day=1) - timedelta(days=1):
            break
        run.append(one)
    return tuple(reversed(run))


def missing_month_ends(now: datetime) -> list[date]:
    """The month ends of the past without a snapshot, from the first order on, at most 24 back; oldest first."""
    today = clock.local_day(now, company().zone)
    first = open_lake().query("SELECT min(ts) AS first FROM order_lines")["first"][0].as_py()
    if first is None:
        return []
    start, kept = clock.local_day(first, company().zone), set(open_lake().days())
    there = {day for day in Snapshot.objects.values_list("day", flat=True) if day in kept}
    ends, day = list[date](), today.replace(day=1) - timedelta(days=1)
    while day >= start and len(ends) < MOST_MISSING:
        ends.append(day)
        day = day.replace(day=1) - timedelta(days=1)
    return [end for end in reversed(ends) if end not in there]


def is_month_end(day: date) -> bool:
    """Is it the last day of its month?"""
    return (day + timedelta(days=1)).day == 1


def _following(day: date, months: int) -> list[date]:
    """The month ends after one."""
    ends = [day]
    for _month in range(months):
        opening = ends[-1] + timedelta(days=1)
        ends.append(opening.replace(day=monthrange(opening.year, opening.month)[1]))
    return ends[1:]


@lru_cache(maxsize=32)
def _forecast(
    days: tuple[date, ...], edition: Edition, months: int, window: int
) -> tuple[Chain, Path, tuple[Verdict, ...]]:
    run = list(Snapshot.objects.filter(day__in=days).order_by("day"))
    counts = moves(run)
    sizes = stage_sizes(counts)
    fitted = chain.fit(counts[-window:])
    verdicts = backtest.judge(list(backtest.trials(counts, sizes, window=window)))
    return fitted, chain.carry(fitted, sizes[-1], months), tuple(verdicts)


def moves(run: Sequence[Snapshot]) -> Counts:
    """Customers by month, origin and target (`rules.chain`) between snapshots in a row."""
    counts = np.zeros((len(run) - 1, len(chain.ORIGINS), len(chain.TARGETS)), dtype=np.int64)
    for month, (first, last) in enumerate(pairwise(run)):
        for (origin, target), customers in pairs(first, last).items():
            row, column = chain.ORIGINS.index(origin or chain.NEW), chain.TARGETS.index(target or chain.GONE)
            counts[month, row, column] = customers
    return counts


def stage_sizes(counts: Counts) -> Counts:
    """Customers by month end and stage, as the moves have them: who was erased since is in neither."""
    before = counts[:, : chain.SIZE, :].sum(axis=2)
    return np.vstack([before, counts[-1, :, : chain.SIZE].sum(axis=0)])
