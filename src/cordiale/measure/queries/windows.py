"""Who is compared, and what they did around the contact: PostgreSQL tells whom and when, the lake what they bought."""

from __future__ import annotations

import io
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.csv
from django.db import connection

from cordiale.lake import Lake
from cordiale.measure import statements
from cordiale.measure.rules.effect import Flags, Floats, Unit, compare
from cordiale.measure.rules.report import Behaviour, Outcome

_UNITS = pa.schema(
    {"customer_id": pa.int64(), "anchor_us": pa.int64(), "treated": pa.bool_(), "version_id": pa.int64()}
)
_INSTANT = pa.timestamp("us", tz="UTC")
_YEAR = timedelta(days=365)

KNOWN_UNTIL = "select max(ts) as ts from order_lines where ts <= ?"
"""The last order known: what happened after it, nobody can say yet."""

BEHAVIOUR = """
select u.customer_id, u.treated,
       cast(sum(case when o.ts >= u.anchor_at then o.placed else 0 end) as bigint) as orders,
       cast(sum(case when o.ts >= u.anchor_at then o.amount else 0 end) as double) as spend,
       cast(sum(case when o.ts < u.anchor_at and o.ts >= u.before_at then o.placed else 0 end) as bigint)
         as orders_before,
       cast(sum(case when o.ts < u.anchor_at and o.ts >= u.before_at then o.amount else 0 end) as double)
         as spend_before,
       cast(sum(case when o.ts < u.anchor_at then o.placed else 0 end) as bigint) as orders_year,
       cast(sum(case when o.ts < u.anchor_at then o.amount else 0 end) as double) as spend_year
from units u left join (
  select customer_id, ts, amount, case when line_no = 1 and amount >= 0 then 1 else 0 end as placed from order_lines
) o on o.customer_id = u.customer_id and o.ts >= u.year_at and o.ts < u.until_at
group by u.customer_id, u.treated
order by u.customer_id
"""
"""Orders (a return is none) and net spend of each customer: in the window from the contact on, in as long a time before
it, and in the year before it. All customers in one pass."""


@dataclass(frozen=True, kw_only=True)
class Windows:
    """Behaviour of the customers compared, one place each in every array. Spend is in the company's currency."""

    treated: Flags
    orders: Floats
    spend: Floats
    orders_before: Floats
    spend_before: Floats
    orders_year: Floats
    spend_year: Floats

    def outcome(self, unit: Unit) -> tuple[Floats, Floats]:
        """What is measured and what foretells it (n × 2): the same metric over as long before, and over the year."""
        if unit is Unit.MONEY:
            return self.spend, np.column_stack([self.spend_before, self.spend_year])
        if unit is Unit.ORDERS:
            return self.orders, np.column_stack([self.orders_before, self.orders_year])
        return _yes(self.orders), np.column_stack([_yes(self.orders_before), self.orders_year])

    def behaviour(self, messages: int) -> Behaviour:
        """Totals over the treated; `messages` left within their windows."""
        orders = self.orders[self.treated]
        return Behaviour(
            customers=orders.size,
            buyers=int(np.count_nonzero(orders)),
            orders=int(orders.sum()),
            spend=round(float(self.spend[self.treated].sum()), 2),
            messages=messages,
        )

    def compare(self, unit: Unit) -> Outcome:
        """The effect on one metric."""
        outcome, covariates = self.outcome(unit)
        return Outcome(unit=unit, comparison=compare(outcome, self.treated, covariates, unit=unit))


def known_until(lake: Lake, now: datetime) -> datetime | None:
    """The instant of the last order known at `now`; None when there is none."""
    found: datetime | None = lake.query(KNOWN_UNTIL, bind=[now])["ts"][0].as_py()
    return found


def units(programme: str, now: datetime) -> pa.Table:
    """Who could be compared: customer_id, anchor_us (microseconds since 1970, UTC), treated, version_id."""
    with connection.cursor() as cursor:
        cursor.execute(statements.UNITS_AS_LINES, {"programme": programme, "now": now})
        lines = "\n".join(block for (block,) in cursor.fetchall())
    if not lines:
        return _UNITS.empty_table()
    convert = pyarrow.csv.ConvertOptions(column_types=_UNITS, true_values=["t"], false_values=["f"])
    read = pyarrow.csv.ReadOptions(column_names=_UNITS.names)
    return pyarrow.csv.read_csv(io.BytesIO(lines.encode()), read, convert_options=convert)


def complete(found: pa.Table, window: timedelta, until: datetime | None) -> pa.Table:
    """The units whose whole window lies before `until`."""
    if until is None:
        return found.slice(0, 0)
    latest = pa.scalar(until - window, _INSTANT).cast(pa.int64())
    return found.filter(pc.less_equal(found["anchor_us"], latest))


def behaviour_of(lake: Lake, found: pa.Table, window: timedelta) -> Windows:
    """What these units did, from the lake."""
    rows = lake.query(BEHAVIOUR, units=_with_bounds(found, window))
    return Windows(**{name: _array(rows[name]) for name in Windows.__dataclass_fields__})


def _with_bounds(found: pa.Table, window: timedelta) -> pa.Table:
    moves = {"anchor_at": timedelta(), "until_at": window, "before_at": -window, "year_at": -max(_YEAR, window)}
    bounds = {
        name: pc.add(found["anchor_us"], pa.scalar(move // timedelta(microseconds=1), pa.int64())).cast(_INSTANT)
        for name, move in moves.items()
    }
    return pa.table({"customer_id": found["customer_id"], "treated": found["treated"], **bounds})


def _array(column: pa.ChunkedArray) -> Any:
    values = column.to_numpy()
    return values if values.dtype == np.bool_ else values.astype(np.float64)


def _yes(counts: Floats) -> Floats:
    return (counts > 0).astype(np.float64)
