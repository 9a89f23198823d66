"""One query per bucket: memory then depends on a bucket's customers, not on how many there are."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import date
from pathlib import Path

import pyarrow as pa

from cordiale.lake.engine import Instance, Session
from cordiale.lake.state import State, named
from cordiale.lake.stopping import Stop
from cordiale.lake.views import Slice, quoted

CONNECTIONS = 2
"""Two connections of one thread each were faster, and leaner, than one of two threads on two cores."""
_MEMORY = {1: "3GB", CONNECTIONS: "1536MB"}


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
    for part in slices:
        yield lambda session, part=part: _run(session, now, sql, day, part, relations, stop)  # type: ignore[misc]


def _run(
    session: Session, now: State, sql: str, day: date | None, part: Slice, relations: Mapping[str, pa.Table], stop: Stop
) -> pa.Table:
    given = {f"_given_{name}" if _is_by_customer(name, table) else name: table for name, table in relations.items()}
    cut = {
        name: f"SELECT * FROM {quoted(f'_given_{name}')} WHERE {part.holds()}"
        for name, table in relations.items()
        if _is_by_customer(name, table)
    }
    with session.joined(given):
        session.show(cut | now.views_in(named(sql), day, part))
        with stop.over(session):
            return session.run(sql)


def _is_by_customer(name: str, table: pa.Table) -> bool:
    return "customer_id" in table.column_names and not name.startswith("_")
