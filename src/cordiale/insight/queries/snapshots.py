"""Reading what is known: traits, stages, and the flows between them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from functools import lru_cache

import pyarrow as pa

from cordiale import clock
from cordiale.company import company
from cordiale.errors import NotFound
from cordiale.insight import columns, computing, definitions
from cordiale.insight.models import Snapshot
from cordiale.insight.rules import compilation
from cordiale.insight.rules.compilation import Moment
from cordiale.insight.rules.expressions import NUMERIC
from cordiale.insight.rules.lifecycle import STAGES, Lifecycle
from cordiale.insight.rules.traits import Trait
from cordiale.lake import Lake, open_lake


def traits() -> list[Trait]:
    """The declared traits in their order, then those that others add (scores). Raises Located where one is wrong."""
    declared = definitions.current().traits
    return [*declared, *columns.added({trait.name for trait in declared})]


def lifecycle() -> Lifecycle:
    """The life cycle in force. Raises Located where `lifecycle.yaml` is wrong."""
    return definitions.current().lifecycle


def traits_of(customer_ids: Sequence[int], day: date | None = None) -> pa.Table:
    """These customers' rows of a snapshot (default the latest): customer_id, traits, RFM scores, stage.

    Customers who are not in the snapshot have no row. Without any snapshot the table is empty.
    """
    return open_lake().query("SELECT * FROM traits ORDER BY customer_id", day, only_customers=customer_ids)


def compute_for(customer_ids: Sequence[int], now: datetime) -> pa.Table:
    """These customers' traits as of `now`, straight from the facts; no RFM scores and stage: they need everyone."""
    customers = pa.table({"customer_id": pa.array(customer_ids, pa.int64()).unique()})
    sql = compilation.statement(definitions.current().traits, Moment(now, clock.zone(company().zone)))
    rows = open_lake().query(sql, only_customers=customers["customer_id"].combine_chunks(), customers=customers)
    return computing.typed(rows).sort_by("customer_id")


def customers_in_stage(stage: str, day: date | None = None) -> list[int]:
    """Who was in a stage on `day` (default the latest snapshot's)."""
    lake = open_lake()
    if not lake.days():  # snapshots of nobody leave no column to ask
        return []
    rows = lake.query("SELECT customer_id FROM traits WHERE lifecycle_stage = ?", day, bind=[stage])
    ids: list[int] = rows["customer_id"].to_pylist()
    return ids


def find_snapshot(day: date | None = None) -> Snapshot | None:
    """The snapshot of `day`, or the latest; None where there is none."""
    if day is None:
        return Snapshot.objects.order_by("-day").first()
    return Snapshot.objects.filter(day=day).first()


def get_snapshot(day: date | None = None) -> Snapshot:
    """The snapshot of `day`, or the latest. Raises NotFound."""
    snapshot = find_snapshot(day)
    if snapshot is None:
        raise NotFound(f"no traits were computed{f' for {day}' if day else ''} yet; do so: cordiale traits compute")
    return snapshot


def stages(day: date | None = None) -> dict[str, int]:
    """How many customers are in each stage on `day` (default the latest). Raises NotFound."""
    counted = get_snapshot(day).stages
    return {stage: counted.get(stage, 0) for stage in STAGES}


def month_ends() -> list[Snapshot]:
    """The last snapshot of each month, oldest first; the current month's is as far as it got."""
    last: dict[tuple[int, int], Snapshot] = {}
    for snapshot in Snapshot.objects.order_by("day"):
        last[snapshot.day.year, snapshot.day.month] = snapshot
    return list(last.values())


@dataclass(frozen=True, kw_only=True)
class Flow:
    """So many were in the stage `origin` on the first day and in `target` on the second; None: not known that day."""

    origin: str | None
    target: str | None
    customers: int


FLOWS = (
    "SELECT a.lifecycle_stage AS origin, b.lifecycle_stage AS target, count(*) AS customers"
    " FROM (SELECT customer_id, lifecycle_stage FROM traits_history WHERE day = ?) a"
    " FULL JOIN (SELECT customer_id, lifecycle_stage FROM traits_history WHERE day = ?) b"
    " ON a.customer_id = b.customer_id GROUP BY ALL ORDER BY ALL"
)
"""Of two snapshot days: what flows, forecasts and their back-tests are counted from."""


def flows(start: date, end: date) -> list[Flow]:
    """From which stage to which customers went between two snapshots. Raises NotFound where one is missing."""
    for day in (start, end):
        get_snapshot(day)
    rows = open_lake().query(FLOWS, bind=[start, end])
    return [Flow(**row) for row in rows.to_pylist()]


Coverage = Mapping[str, Mapping[str, float | int | None]]


def coverage(snapshot: Snapshot, declared: Sequence[Trait]) -> Coverage:
    """By trait of a snapshot: `known`, how many customers have a value; `median`, of figures, the lower of two.

    Kept while the snapshot stays the same. A trait the snapshot lacks is left out.
    """
    present = {field.name for field in open_lake().traits.snapshot().columns}
    wanted = tuple((trait.name, trait.type in NUMERIC) for trait in declared if trait.name in present)
    return {} if not wanted else _coverage(open_lake(), snapshot.day, (snapshot.as_of, snapshot.definition), wanted)


@lru_cache(maxsize=8)
def _coverage(lake: Lake, day: date, edition: tuple[datetime, str], wanted: tuple[tuple[str, bool], ...]) -> Coverage:
    columns = [f"count({name}) AS known_{name}" for name, _ in wanted]
    columns += [
        f"CAST(quantile_disc({name}, 0.5) AS DOUBLE) AS median_{name}" for name, is_figure in wanted if is_figure
    ]
    row = lake.query(f"SELECT {', '.join(columns)} FROM traits", day).to_pylist()[0]
    return {name: {"known": row[f"known_{name}"], "median": row.get(f"median_{name}")} for name, _ in wanted}
