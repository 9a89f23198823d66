"""From which stage to which customers went between two days, and who they are."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from functools import lru_cache

from cordiale.errors import NotFound, Refused
from cordiale.insight import changes
from cordiale.insight import queries as insight
from cordiale.insight.models import Snapshot
from cordiale.insight.rules.lifecycle import STAGES
from cordiale.lake import open_lake
from cordiale.lifecycle.rules.chain import GONE, NEW

Edition = tuple[str, ...]
Pairs = Mapping[tuple[str | None, str | None], int]


@dataclass(frozen=True, kw_only=True)
class Flows:
    """Customers by their stage on two snapshot days (None: not known then). `asked`: the days somebody wanted."""

    start: Snapshot
    end: Snapshot
    asked: tuple[date, date]
    customers: Pairs

    @property
    def missing(self) -> list[date]:
        """The days wanted that have no snapshot of their own."""
        return [day for day, found in zip(self.asked, (self.start.day, self.end.day), strict=True) if day != found]

    @property
    def is_of_one_meaning(self) -> bool:
        """Were both days' stages made by the same rules? If not, some moves are the rules', not the customers'."""
        return changes.are_stages_alike([self.start, self.end])


def flows(start: date, end: date) -> Flows:
    """The flows between the snapshots nearest to two days. Raises NotFound without any, Refused where they coincide."""
    if start >= end:
        raise Refused(f"the first day ({start}) must lie before the second ({end})")
    first, last = insight.traits_on(start), insight.traits_on(end)
    if first.day >= last.day:
        raise Refused(
            f"{start} and {end} have the same nearest snapshot, of {first.day}; have them computed, or choose others"
        )
    return Flows(start=first, end=last, asked=(start, end), customers=pairs(first, last))


def pairs(first: Snapshot, last: Snapshot) -> Pairs:
    """How many went from each stage to each, between two snapshots; kept while both stay as they are."""
    return _pairs(first.day, last.day, edition(first, last))


def edition(*snapshots: Snapshot) -> Edition:
    """Differs once one of these days was computed anew, or somebody was erased from it: it has other files then."""
    traits = open_lake().traits.snapshot()
    return tuple(file.path for one in snapshots for file in traits.of_day(one.day))


def movers(start: date, end: date, origin: str, target: str) -> list[int]:
    """Who was in `origin` on one snapshot day and in `target` on another, ascending; `new` and `gone`: not known then.

    Raises NotFound for a stage that is none, or a day without a snapshot.
    """
    for name, other in ((origin, NEW), (target, GONE)):
        if name not in (*STAGES, other):
            raise NotFound(f"there is no stage '{name}'; there are {', '.join(STAGES)}, {other}")
    first, last = insight.get_snapshot(start), insight.get_snapshot(end)
    wanted = [None if origin == NEW else origin, None if target == GONE else target]
    rows = open_lake().query(
        "SELECT coalesce(a.customer_id, b.customer_id) AS customer_id"
        " FROM (SELECT customer_id, lifecycle_stage FROM traits_history WHERE day = ?) a"
        " FULL JOIN (SELECT customer_id, lifecycle_stage FROM traits_history WHERE day = ?) b"
        " ON a.customer_id = b.customer_id"
        " WHERE a.lifecycle_stage IS NOT DISTINCT FROM ? AND b.lifecycle_stage IS NOT DISTINCT FROM ? ORDER BY 1",
        bind=[first.day, last.day, *wanted],
    )
    ids: list[int] = rows["customer_id"].to_pylist()
    return ids


@lru_cache(maxsize=256)
def _pairs(start: date, end: date, edition: Edition) -> Pairs:
    return {(flow.origin, flow.target): flow.customers for flow in insight.flows(start, end)}
