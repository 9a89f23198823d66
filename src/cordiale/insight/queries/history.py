"""Traits over time: the past day nearest to one asked for, trends, and one customer's values day by day."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from functools import lru_cache

import numpy as np
import pyarrow as pa

from cordiale.errors import NotFound
from cordiale.insight.models import Snapshot
from cordiale.insight.queries.snapshots import traits
from cordiale.insight.rules import distributions
from cordiale.insight.rules.distributions import Distribution
from cordiale.insight.rules.expressions import NUMERIC
from cordiale.insight.rules.lifecycle import RFM_KINDS
from cordiale.insight.rules.traits import STAGE, Trait
from cordiale.lake import Lake, open_lake

LONGEST = 60
"""Snapshot days a customer's history goes back."""


@dataclass(frozen=True, kw_only=True)
class Point:
    """A trait on one snapshot day: how many had a value, of how many; of figures, the mean and the median."""

    day: date
    customers: int
    known: int
    mean: float | None
    median: float | None

    @property
    def share_known(self) -> float | None:
        """Known over all; None where there was nobody."""
        return self.known / self.customers if self.customers else None


def traits_on(day: date) -> Snapshot:
    """The snapshot to ask about `day`: its own, else the last one before it, else the first after.

    Raises NotFound where there is none at all. `actions.compute_day` makes a day's own.
    """
    kept = set(open_lake().days())
    days = sorted(one for one in Snapshot.objects.values_list("day", flat=True) if one in kept)
    if not days:
        raise NotFound("no traits were computed yet; do so: cordiale traits compute")
    before = [one for one in days if one <= day]
    return Snapshot.objects.get(day=before[-1] if before else days[0])


def distribution(name: str, day: date | None = None) -> Distribution:
    """How a trait's values are spread on a snapshot day (default the latest). Raises NotFound."""
    trait = get_trait(name)
    snapshot = Snapshot.objects.order_by("-day").first() if day is None else Snapshot.objects.filter(day=day).first()
    if snapshot is None or name not in _present(open_lake()):
        raise NotFound(f"'{name}' was not computed{f' on {day}' if day else ''} yet; do so: cordiale traits compute")
    return _distribution(open_lake(), snapshot.day, snapshot.as_of, name, trait.type)


def trend(name: str, points: int = 31) -> list[Point]:
    """A trait on the snapshot days, at most so many of them spread evenly, the first and the last among them."""
    trait, lake = get_trait(name), open_lake()
    kept = set(lake.days())
    snapshots = [one for one in Snapshot.objects.order_by("day") if one.day in kept]
    if name not in _present(lake) or not snapshots:
        return []
    places = np.unique(np.linspace(0, len(snapshots) - 1, points).round().astype(int))
    chosen = [snapshots[place] for place in places]
    return [_point(lake, one.day, one.as_of, name, trait.type in NUMERIC) for one in chosen]


def get_trait(name: str) -> Trait:
    """The trait or score called `name`. Raises NotFound."""
    found = next((trait for trait in traits() if trait.name == name), None)
    if found is None:
        raise NotFound(f"there is no trait '{name}'; cordiale traits list tells which there are")
    return found


def history(customer_id: int, names: Sequence[str] | None = None, days: int = LONGEST) -> pa.Table:
    """One customer's values on the last snapshot days, oldest first: `day`, then the columns named (default all).

    Days before a trait was declared, or the customer known, have no value, or no row. Raises NotFound for a name.
    """
    lake = open_lake()
    known = [*(trait.name for trait in traits()), *RFM_KINDS, STAGE]
    for name in names or ():
        if name not in known:
            get_trait(name)
    chosen = [name for name in (names or known) if name in _present(lake)]
    kept = lake.days()[-days:]
    if not kept:
        return pa.table({"day": pa.array([], pa.date32())})
    columns = "".join(f", {name}" for name in chosen)
    return lake.query(
        f"SELECT day{columns} FROM traits_history WHERE day >= ? ORDER BY day",
        only_customers=[customer_id], bind=[kept[0]],
    )  # fmt: skip


def _present(lake: Lake) -> set[str]:
    return {field.name for field in lake.traits.snapshot().columns}


@lru_cache(maxsize=64)
def _distribution(lake: Lake, day: date, edition: datetime, name: str, kind: str) -> Distribution:
    return distributions.describe(lake.query(f"SELECT {name} FROM traits", day)[name], kind)


@lru_cache(maxsize=4096)
def _point(lake: Lake, day: date, edition: datetime, name: str, is_figure: bool) -> Point:
    figures = f"avg(CAST({name} AS DOUBLE)), CAST(quantile_disc({name}, 0.5) AS DOUBLE)" if is_figure else "NULL, NULL"
    row = lake.query(f"SELECT count(*), count({name}), {figures} FROM traits", day)
    customers, known, mean, median = (column[0].as_py() for column in row.columns)
    return Point(day=day, customers=customers, known=known, mean=mean, median=median)
