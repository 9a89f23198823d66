"""What scores learn from: customers as they stood at an instant, and what they did in the days after it.

The two never mix: what is known comes from facts before the instant (`insight.actions.compute_at`), what is foretold
from facts at or after it.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from cordiale import clock
from cordiale.company import company
from cordiale.customers.models import Customer
from cordiale.insight.actions import compute_at
from cordiale.lake import open_lake
from cordiale.scores.rules.declarations import EVENT, FIRST_PURCHASE, LAPSE, Score

MOST_ROWS = 150_000
"""Customers learnt from at one moment: a sample of a larger base, always the same of them."""
_ORDER = "line_no = 1 AND amount >= 0"
_GRAIN = 1 << 32


@dataclass(frozen=True, kw_only=True)
class Past:
    """How far the facts reach: the first order, the end of what is known, and the customers who ever ordered."""

    first_order_at: datetime | None
    until: datetime
    buyers: int

    def days_before(self, instant: datetime) -> int:
        """Whole days of history before an instant, 0 where there is none."""
        return max(0, (instant - self.first_order_at).days) if self.first_order_at else 0


@dataclass(frozen=True, kw_only=True)
class Observed:
    """Customers as they stood at `as_of`, and whether each did it in the `horizon` days after, in the same order."""

    as_of: datetime
    horizon: int
    features: pa.Table
    customers: npt.NDArray[np.int64]
    outcome: npt.NDArray[np.bool_]


def past(now: datetime) -> Past:
    """What is known at `now`. Facts may stop earlier (a file is loaded once a week): what comes after is not known.

    Ends at the start of the local day, so that a second fit of a day sees the same.
    """
    today = clock.start_of_day(clock.local_day(now, company().zone), company().zone)
    row = open_lake().query(
        f"SELECT min(ts) AS first, max(ts) AS last, count(DISTINCT customer_id) AS buyers"
        f" FROM order_lines WHERE {_ORDER} AND ts < ?",
        bind=[today],
    ).to_pylist()[0]  # fmt: skip
    return Past(
        first_order_at=row["first"],
        until=min(today, row["last"]) if row["last"] else today,
        buyers=row["buyers"],
    )


def restricted() -> pa.Array:
    """Customers who asked that nothing be done with their data: nothing is learnt from them, nothing foretold."""
    found = Customer.everyone.filter(restricted_at__isnull=False).values_list("pk", flat=True)
    return pa.array(list(found), pa.int64())


def describe(score: Score, as_of: datetime, buyers: int) -> pa.Table:
    """Whom the score is about at `as_of`, customer_id first. Past `MOST_ROWS` a sample."""
    return pa.concat_tables(_eligible(score, as_of, buyers))


def observe(score: Score, as_of: datetime, horizon: int, buyers: int) -> Observed:
    """Whom the score is about at `as_of`, and what became of them. Past `MOST_ROWS` a sample."""
    rows = describe(score, as_of, buyers)
    did = _who_did(score, as_of, as_of + timedelta(days=horizon))
    outcome = pc.is_in(rows["customer_id"], did).to_numpy().astype(bool)
    return Observed(
        as_of=as_of,
        horizon=horizon,
        features=rows.drop_columns(["customer_id"]),
        customers=rows["customer_id"].to_numpy(),
        outcome=~outcome if score.kind == LAPSE else outcome,
    )


def buyers_at(as_of: datetime) -> Iterator[pa.Table]:
    """Everyone who ordered before `as_of`, as they stood then, a bucket at a time."""
    hidden = restricted()
    for part in compute_at(as_of):
        yield part.filter(pc.and_(_is_free(part, hidden), pc.greater(part["orders_total"], 0)))


def orders_in(start: datetime, end: datetime) -> pa.Table:
    """Who ordered or returned in a time: customer_id, orders, spend (returns deducted)."""
    return open_lake().query(
        f"SELECT customer_id, count(CASE WHEN {_ORDER} THEN 1 END) AS orders, CAST(sum(amount) AS DOUBLE) AS spend"
        " FROM order_lines WHERE ts >= ? AND ts < ? GROUP BY customer_id",
        bind=[start, end],
    )


def is_about(score: Score, part: pa.Table, hidden: pa.Array, as_of: datetime) -> pa.Array:
    """For each row of a snapshot: does the customer get this score?"""
    free = _is_free(part, hidden)
    if score.among:
        mask = pc.and_(free, pc.is_in(part["lifecycle_stage"], pa.array(score.among)))
    else:
        mask = pc.and_(free, pc.greater(part["orders_total"], 0))
    if score.target == FIRST_PURCHASE and not score.is_best_category:
        bought = _bought_before(score.category, as_of, part["customer_id"])
        mask = pc.and_(mask, pc.invert(pc.is_in(part["customer_id"], bought)))
    return pc.fill_null(mask, False)


def _is_free(part: pa.Table, hidden: pa.Array) -> pa.Array:
    return pc.invert(pc.is_in(part["customer_id"], hidden))


def _eligible(score: Score, as_of: datetime, buyers: int) -> Iterator[pa.Table]:
    hidden, share = restricted(), min(1.0, MOST_ROWS / max(1, buyers))
    for part in compute_at(as_of):
        sample = part.filter(_sampled(part["customer_id"], share)) if share < 1 else part
        yield sample.filter(is_about(score, sample, hidden, as_of))


def _sampled(ids: pa.ChunkedArray, share: float) -> pa.Array:
    """The same share of customers at every moment: a fixed scramble of their numbers."""
    scrambled = (ids.to_numpy().astype(np.uint64) * np.uint64(0x9E3779B97F4A7C15)) >> np.uint64(32)
    return pa.array(scrambled < np.uint64(share * _GRAIN))


def _who_did(score: Score, start: datetime, end: datetime) -> pa.Array:
    """Who did, from `start` on and before `end`, what the score is about; of a lapse risk: who ordered."""
    lake = open_lake()
    if score.target == EVENT and score.event:
        sql = "SELECT DISTINCT customer_id FROM events WHERE name = ? AND ts >= ? AND ts < ?"
        found = lake.query(sql, bind=[score.event, start, end])
    elif score.target == FIRST_PURCHASE:
        sql = "SELECT DISTINCT customer_id FROM order_lines WHERE category = ? AND amount >= 0 AND ts >= ? AND ts < ?"
        found = lake.query(sql, bind=[score.category, start, end])
    else:
        sql = f"SELECT DISTINCT customer_id FROM order_lines WHERE {_ORDER} AND ts >= ? AND ts < ?"
        found = lake.query(sql, bind=[start, end])
    return found["customer_id"].combine_chunks()


def _bought_before(category: str, as_of: datetime, customers: pa.ChunkedArray) -> pa.Array:
    sql = "SELECT DISTINCT customer_id FROM order_lines WHERE category = ? AND amount >= 0 AND ts < ?"
    found = open_lake().query(sql, only_customers=customers.combine_chunks(), bind=[category, as_of])
    return found["customer_id"].combine_chunks()
