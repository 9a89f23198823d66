"""Running expressions over the lake: counts, members, who of some candidates a condition holds for."""

from __future__ import annotations

import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from cordiale import clock
from cordiale.company import company
from cordiale.errors import NotFound
from cordiale.insight.models import Snapshot
from cordiale.lake import Stop, open_lake
from cordiale.segments.queries import given, people
from cordiale.segments.queries.language import get_segment, named_by, parse, vocabulary
from cordiale.segments.rules import Expression
from cordiale.segments.rules.compilation import to_sql
from cordiale.segments.rules.plan import Plan

Ids = np.ndarray[tuple[int], np.dtype[np.int64]]


@dataclass(frozen=True, kw_only=True)
class Count:
    """How many of all customers in the day's snapshot an expression holds for, and how long counting took."""

    matching: int
    of: int
    seconds: float

    @property
    def share(self) -> float | None:
        """Matching over all; None where there is nobody."""
        return self.matching / self.of if self.of else None


@dataclass(frozen=True, kw_only=True)
class Members:
    """One page of customer ids, in order, and how many there are in all."""

    customer_ids: list[int]
    total: int


def snapshot_day(now: datetime) -> date:
    """The day of the newest snapshot at `now`. Raises NotFound where there is none."""
    today = clock.local_day(now, company().zone)
    day = Snapshot.objects.filter(day__lte=today).order_by("-day").values_list("day", flat=True).first()
    if day is None:
        raise NotFound("no traits were computed yet; do so: cordiale traits compute")
    return day


def count(text: str, now: datetime, *, stop: Stop | None = None) -> Count:
    """How many customers `text` holds for at `now`. Raises BadExpression at the place of a fault, Stopped."""
    return count_each([parse(text)], now, stop=stop)[0]


def count_each(expressions: Sequence[Expression], now: datetime, *, stop: Stop | None = None) -> list[Count]:
    """The same for several expressions, in one pass; `seconds` is the pass's."""
    began = time.perf_counter()
    plan = plan_of(expressions, now)
    totals = np.zeros(len(expressions) + 1, dtype=np.int64)
    for part in parts_of(plan, plan.counting, snapshot_day(now), now, stop):
        totals += np.array([part.column(name)[0].as_py() for name in ("total", *_outputs(plan))], dtype=np.int64)
    seconds = time.perf_counter() - began
    return [Count(matching=int(matching), of=int(totals[0]), seconds=seconds) for matching in totals[1:]]


def matching(expressions: Sequence[Expression], day: date, now: datetime) -> Iterator[Ids]:
    """For each expression, in one pass, the ids of those it holds for, ascending."""
    plan = plan_of(expressions, now)
    held = pa.concat_tables(list(parts_of(plan, plan.sql, day, now)))
    ids = held.column("customer_id").to_numpy()
    for name in _outputs(plan):
        yield np.sort(ids[held.column(name).fill_null(False).to_numpy()])


def members(name: str, now: datetime, *, limit: int = 50, offset: int = 0) -> Members:
    """The customers the segment `name` holds for at `now`, by number. Raises NotFound."""
    return members_of(get_segment(name).expression, now, limit=limit, offset=offset)


def members_of(text: str, now: datetime, *, limit: int = 50, offset: int = 0) -> Members:
    """The same for an expression that is not saved."""
    ids = next(matching([parse(text)], snapshot_day(now), now))
    return Members(customer_ids=ids[offset : offset + limit].tolist(), total=len(ids))


def holding(condition: str | Expression, candidates: pa.Table, now: datetime) -> set[int]:
    """The `candidate_id` of those the condition holds for.

    `candidates` has `candidate_id` and `customer_id` (int64) and `entry` (timestamp, UTC): the moment `entry` stands
    for in the condition. A customer may be there several times, with entries of his own.
    """
    if not candidates.num_rows:
        return set()
    expression = parse(condition, in_scenario=True) if isinstance(condition, str) else condition
    plan = to_sql([expression], now, named_by([expression], vocabulary()), over_candidates=True)
    rows = run_over(plan, candidates, now)
    return set(rows.filter(rows.column("o_0")).column("candidate_id").to_pylist())


def run_over(plan: Plan, candidates: pa.Table, now: datetime) -> pa.Table:
    """The rows of a plan over candidates; only their customers' rows are read."""
    customers = pc.unique(candidates.column("customer_id")).cast(pa.int64())
    relations = _relations(plan, now, customers.to_pylist())
    return open_lake().query(plan.sql, snapshot_day(now), only_customers=customers, candidates=candidates, **relations)


def plan_of(expressions: Sequence[Expression], now: datetime, named: Mapping[str, Expression] | None = None) -> Plan:
    """The query of several expressions over everybody, with what they name."""
    named = named_of(expressions) if named is None else named
    return to_sql(expressions, now, named, without_merged=open_lake().state().is_aliased)


def named_of(expressions: Sequence[Expression]) -> dict[str, Expression]:
    """The segments they name, read; nothing is asked where they name none."""
    return named_by(expressions, vocabulary()) if any(one.references for one in expressions) else {}


def _outputs(plan: Plan) -> list[str]:
    return [f"o_{number}" for number in range(plan.outputs)]


def parts_of(plan: Plan, sql: str, day: date, now: datetime, stop: Stop | None = None) -> Iterator[pa.Table]:
    """A plan's answer at once, or bucket by bucket where facts of many customers are aggregated. Raises Stopped."""
    lake, stop = open_lake(), stop or Stop()
    relations = _relations(plan, now, None)
    stop.check()
    if plan.has_facts and any(table.buckets > 1 for table in lake.state().facts.values()):
        yield from lake.per_customer(sql, day, stop=stop, **relations)
    else:
        yield lake.query(sql, day, stop=stop, **relations)


def _relations(plan: Plan, now: datetime, only: list[int] | None) -> dict[str, pa.Table]:
    relations: dict[str, pa.Table] = {}
    if plan.profile or plan.declared:
        today = clock.local_day(now, company().zone)
        relations["profiles"] = people.profiles(plan.profile, plan.declared, today, only)
    if plan.without_merged:
        relations["merged"] = pa.table({"customer_id": open_lake().state().aliases["alias_id"].unique()})
    relations |= given.marks(plan.marks, only)
    return relations | {table: given.facts(table, subjects, only) for table, subjects in plan.given.items()}
