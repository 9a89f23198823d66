"""What the engine asks of the lake: who triggered an entry, whose wait is over. `since` counts, `until` does not."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any, NamedTuple

import pyarrow as pa

from cordiale.lake import open_lake
from cordiale.lake.dialect import instant

_FEW = 2000
_IS_ORDER = "f.line_no = 1 and f.amount >= 0"
"""One line an order, as the traits count them; a return is an order of negative lines."""

_CANDIDATES = pa.schema(
    {
        "candidate_id": pa.int64(),
        "customer_id": pa.int64(),
        "since": pa.timestamp("us", tz="UTC"),
        "until": pa.timestamp("us", tz="UTC"),
    }
)


class Waiting(NamedTuple):
    """A walk that waits for a fact of its customer from `since` to before `until`."""

    candidate_id: int
    customer_id: int
    since: datetime
    until: datetime


def had_event(name: str, since: datetime, until: datetime) -> list[int]:
    """Customers with an event of that name in the time."""
    return _customers(
        "select distinct customer_id from events where name = ?"
        f" and ts >= {instant(since)} and ts < {instant(until)} order by customer_id",
        [name],
    )


def ordered(since: datetime, until: datetime, *, first: bool) -> list[int]:
    """Customers who ordered in the time; with `first` only those whose first order ever it was."""
    period = f"ts >= {instant(since)} and ts < {instant(until)}"
    if not first:
        return _customers(
            f"select distinct customer_id from order_lines f where {_IS_ORDER} and {period} order by customer_id"
        )
    return _customers(
        f"select customer_id from order_lines f where {_IS_ORDER} and ts < {instant(until)} group by customer_id"
        f" having min(ts) >= {instant(since)} order by customer_id"
    )


def fulfilled(waiting: Sequence[Waiting], event: str) -> set[int]:
    """The candidates whose order (`event` empty) or event came while they waited."""
    if not waiting:
        return set()
    candidates = pa.Table.from_pylist([one._asdict() for one in waiting], schema=_CANDIDATES)
    facts, which = ("events", "f.name = ?") if event else ("order_lines", _IS_ORDER)
    found = open_lake().query(
        f"select distinct c.candidate_id from waiting c join {facts} f on f.customer_id = c.customer_id"
        f" and f.ts >= c.since and f.ts < c.until where {which}",
        only_customers=candidates["customer_id"].combine_chunks() if len(waiting) <= _FEW else None,
        bind=[event] if event else None,
        waiting=candidates,
    )
    return set(found["candidate_id"].to_pylist())


def _customers(sql: str, bind: Sequence[Any] | None = None) -> list[int]:
    rows: list[int] = open_lake().query(sql, bind=bind)["customer_id"].to_pylist()
    return rows
