"""One query per bucket: memory then depends on a bucket's customers, not on how many there are."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import date
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from cordiale.ids import bucket_of
from cordiale.lake.engine import Instance, Session
from cordiale.lake.state import State, named
from cordiale.lake.stopping import Stop
from cordiale.lake.views import Slice

CONNECTIONS = 2
"""Two connections of one thread each were faster, and leaner, than one of two threads on two cores."""
_MEMORY = {1: "3GB", CONNECTIONS: "1536MB"}
_GROUPS = 32
_NO_GROUP = np.uint8(255)
_STEP = 100_000  # rows at a time: what is computed in between stays small


def parts(now: State, wanted: Sequence[str]) -> list[Slice]:
    """The buckets to go through: as many as the most divided of the tables a query names."""
    most = max((now.facts[name].buckets for name in wanted if name in now.facts), default=1)
    return [Slice(bucket, most) for bucket in range(most)]


def instances(lake: Path, tasks: int) -> list[Instance]:
    """Engines of their own for so many tasks: one with all threads for a single task."""
    many = min(tasks, CONNECTIONS)
    return [Instance(lake, threads=CONNECTIONS // many, memory=_MEMORY[many]) for _ in range(many)]


def tasks(
    now: State, sql: str, day: date | None, slices: Sequence[Slice], relations: Mapping[str, pa.Table], stop: Stop
) -> Iterator[Callable[[Session], pa.Table]]:
    """What to run for each bucket."""
    whole = {name: table for name, table in relations.items() if not _is_by_customer(name, table)}
    by_customer = {name: table for name, table in relations.items() if name not in whole}
    for part, own in cut(slices, by_customer):
        given = whole | own
        yield lambda session, part=part, given=given: _run(session, now, sql, day, part, given, stop)  # type: ignore[misc]


def _run(
    session: Session, now: State, sql: str, day: date | None, part: Slice, given: Mapping[str, pa.Table], stop: Stop
) -> pa.Table:
    with session.joined(given):
        session.show(now.views_in(named(sql), day, part))
        with stop.over(session):
            return session.run_often(sql)


def _is_by_customer(name: str, table: pa.Table) -> bool:
    return "customer_id" in table.column_names and not name.startswith("_")


def cut(slices: Sequence[Slice], relations: Mapping[str, pa.Table]) -> Iterator[tuple[Slice, dict[str, pa.Table]]]:
    """The slices, each with its customers' rows of every relation.

    A part of the buckets is cut at a time: going through all rows for each of them would cost rows times buckets, and
    sorting all rows at once would hold them twice.
    """
    groups = min(_GROUPS, len(slices))
    numbers = {name: _groups(table["customer_id"], groups) for name, table in relations.items()}
    for first in range(groups):
        cuts = {name: _Cut(table, numbers[name], first, slices[0].buckets) for name, table in relations.items()}
        for part in slices[first::groups]:
            yield part, {name: cut.of(part.bucket) for name, cut in cuts.items()}


class _Cut:
    """The rows of one group of buckets, sorted by bucket."""

    def __init__(self, table: pa.Table, groups: npt.NDArray[np.uint8], group: int, buckets: int) -> None:
        steps = range(0, len(groups), _STEP)
        found = [np.flatnonzero(groups[step : step + _STEP] == group) + step for step in steps]
        rows = table.take(np.concatenate([np.empty(0, np.int64), *found]))
        numbers = bucket_of(_numbers(rows["customer_id"]), buckets)
        order = np.argsort(numbers, kind="stable")
        rows = rows.set_column(
            rows.column_names.index("customer_id"), "customer_id", rows["customer_id"].cast(pa.int64())
        )
        self._rows, self._numbers = rows.take(order), numbers[order]

    def of(self, bucket: int) -> pa.Table:
        """The rows of one bucket."""
        start, end = np.searchsorted(self._numbers, [bucket, bucket + 1])
        return self._rows.slice(start, end - start)


def _groups(customers: pa.ChunkedArray, groups: int) -> npt.NDArray[np.uint8]:
    """The group of each row's bucket: bucket b is in group b modulo `groups`. Rows without a customer are in none."""
    found = np.full(len(customers), _NO_GROUP)
    for step in range(0, len(customers), _STEP):
        some = customers.slice(step, _STEP)
        here = pc.is_valid(some).to_numpy()
        found[step : step + _STEP][here] = bucket_of(_numbers(some.drop_null()), groups)
    return found


def _numbers(customers: pa.ChunkedArray) -> npt.NDArray[np.int64]:
    numbers: npt.NDArray[np.int64] = customers.cast(pa.int64()).to_numpy()
    return numbers
