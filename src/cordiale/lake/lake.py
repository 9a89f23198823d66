"""The lake of a home: what the rest of the product writes to and reads from."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Iterator, Sequence
from datetime import date
from functools import cached_property
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from cordiale.errors import NotFound, Unavailable
from cordiale.lake import buckets, dialect, erasing, readonly, state, tables, views
from cordiale.lake.engine import Instance, run_each, sweep_spills
from cordiale.lake.fact_store import FactStore
from cordiale.lake.fold import ROWS_A_BUCKET, fold
from cordiale.lake.snapshots import DataFile, Snapshot
from cordiale.lake.state import State
from cordiale.lake.stopping import Stop
from cordiale.lake.store import AliasStore
from cordiale.lake.trait_store import TraitStore

_THREADS = max(1, os.cpu_count() or 1)
_MEMORY = "3GB"
DEFAULT_LIMIT, DEFAULT_SECONDS = 1_000, 30.0


class Lake:
    """Tables of facts and of traits by day. Safe to share between threads; every call sees the newest commits."""

    name = "DuckDB"

    def __init__(self, root: Path, *, rows_a_bucket: int = ROWS_A_BUCKET) -> None:
        self.root = root
        self._rows_a_bucket = rows_a_bucket
        self.facts = {name: FactStore(root, table) for name, table in tables.FACTS.items()}
        self.traits = TraitStore(root)
        self._aliases = AliasStore(root)
        self._alias_rows: tuple[int, pa.Table] = (-1, tables.ALIASES.empty_table())

    def append(self, table: str, rows: pa.Table, app: tuple[str, int] | None = None) -> bool:
        """Add facts in one commit. False when application `app[0]` already wrote version `app[1]` or a later one.

        Raises RowsRefused naming the column where rows do not fit; nothing is written then.
        """
        return self._fact_store(table).append(rows, app)

    def fold(self, table: str) -> int:
        """Put unfolded rows into their buckets, in one commit; how many there were."""
        return fold(self._fact_store(table), self._rows_a_bucket)

    def replace_orders(
        self, order_ids: Sequence[str] | pa.Array, rows: pa.Table, app: tuple[str, int] | None = None
    ) -> bool:
        """From this commit on these orders have exactly these lines (none: no lines). False when `app` wrote before.

        Readers see all the old lines or all the new ones; the next fold takes the old ones out of the files. Raises
        RowsRefused where rows do not fit, or belong to another order.
        """
        wanted = pa.array(order_ids, pa.string()).unique()
        store = self._fact_store(tables.SUPERSEDABLE)
        return store.replace(wanted, rows, app, lambda snapshot, files: self._orders_in(snapshot, files, wanted))

    def order_lines_of(self, order_ids: Sequence[str] | pa.Array) -> pa.Table:
        """The present lines of some orders, wherever their customer; one scan of the orders' numbers."""
        sql = "SELECT l.* FROM order_lines l SEMI JOIN wanted USING (order_id)"
        wanted = pa.table({"order_id": pa.array(order_ids, pa.string()).unique()})
        return self._retried(lambda now: self._looked_up(now, sql, None, None, None, {"wanted": wanted}, Stop()))

    def known_orders(self, order_ids: Sequence[str] | pa.Array) -> pa.Array:
        """Which of these orders have lines, each once, in no particular order; one scan of the orders' numbers."""
        snapshot = self._fact_store(tables.SUPERSEDABLE).snapshot()
        return self._orders_in(snapshot, snapshot.files, pa.array(order_ids, pa.string()).unique())

    def remove(self, table: str, column: str, values: Sequence[Any] | pa.Array) -> int:
        """Take out every row whose `column` is one of `values`, in one commit; how many. Raises NotFound."""
        store = self._fact_store(table)
        if column not in store.table.columns.names:
            raise NotFound(f"{table} has no column '{column}'; it has {', '.join(store.table.columns.names)}")
        return erasing.remove(store, column, pa.array(values, store.table.columns.field(column).type))

    def erase(self, customer_ids: Sequence[int]) -> int:
        """Take out every row written under these ids, of every table and day, and every file and version that had one.

        How many rows there were. May be run again. A query that reads an older version meanwhile is started anew.
        """
        ids = pa.array(customer_ids, pa.int64()).unique()
        orders = self._fact_store(tables.SUPERSEDABLE)
        if orders.snapshot().superseded.path:
            self.fold(orders.name)
        self._aliases.forget(ids)
        stores: list[FactStore | TraitStore] = [*self.facts.values(), self.traits]
        removed = sum(erasing.remove(store, "customer_id", ids) for store in stores)
        for store in (*stores, self._aliases):
            store.vacuum(retention_hours=0)
        sweep_spills(self.root)
        return removed

    def replace_day(self, day: date, rows: pa.Table | Iterable[pa.Table]) -> int:
        """Write one day's traits in the place of those it had; how many rows. Parts are written as they come."""
        return self.traits.replace_day(day, [rows] if isinstance(rows, pa.Table) else rows)

    def publish_aliases(self, rows: pa.Table) -> None:
        """Replace all aliases (alias_id, customer_id): facts of an alias are read as the customer's from now on."""
        self._aliases.publish(rows)

    def vacuum(self) -> int:
        """Delete the files no query needs any more; how many. Folds and replaced days do so for their table."""
        sweep_spills(self.root)
        return sum(store.vacuum() for store in (*self.facts.values(), self.traits, self._aliases))

    def days(self) -> tuple[date, ...]:
        """The days that have traits, ascending."""
        return self.traits.snapshot().days

    def query(
        self,
        sql: str,
        day: date | None = None,
        *,
        only_customers: Sequence[int] | pa.Array | None = None,
        bind: Sequence[Any] | None = None,
        stop: Stop | None = None,
        **relations: pa.Table,
    ) -> pa.Table:
        """The rows of one SELECT over the views and `relations`.

        With `only_customers` the views hold these customers' rows alone, found without a scan. `bind` fills `?`.
        Raises QueryFailed with the engine's words, Stopped where `stop` was requested meanwhile.
        """
        require_free(relations)
        customers = None if only_customers is None else pa.array(only_customers, pa.int64()).unique()
        return self._retried(lambda now: self._answer(now, sql, day, customers, bind, relations, stop or Stop()))

    def _retried(self, answer: Callable[[State], pa.Table]) -> pa.Table:
        """Files may be erased while they are read; the newest version is whole."""
        while True:
            now = self.state()
            try:
                return answer(now)
            except Unavailable:
                if self.state().versions == now.versions:
                    raise

    def _answer(
        self,
        now: State,
        sql: str,
        day: date | None,
        customers: pa.Array | None,
        bind: Sequence[Any] | None,
        relations: dict[str, pa.Table],
        stop: Stop,
    ) -> pa.Table:
        """What a query gives over the tables as of `now`; another engine may take the place of this one."""
        return self._looked_up(now, sql, day, customers, bind, relations, stop)

    def _looked_up(
        self,
        now: State,
        sql: str,
        day: date | None,
        customers: pa.Array | None,
        bind: Sequence[Any] | None,
        relations: dict[str, pa.Table],
        stop: Stop,
    ) -> pa.Table:
        wanted, relations = state.named(sql), dict(relations)
        if customers is None:
            shown = now.views(wanted, day)
        else:
            shown = now.views_of(wanted, day, customers)
            relations["_customers"] = pa.table({"customer_id": customers})
            relations["_written"] = pa.table({"customer_id": now.ids_of(customers)})
        if now.is_aliased:
            relations["_aliases"] = now.aliases
        with self._instance.session() as session, session.joined(relations):
            session.show(shown)
            with stop.over(session):
                return session.run(sql, bind) if customers is None else session.run_often(sql, bind)

    def _orders_in(self, snapshot: Snapshot, files: Sequence[DataFile], wanted: pa.Array) -> pa.Array:
        """Which of the wanted orders have rows in some files that nothing has superseded."""
        if not files or not len(wanted):
            return pa.array([], pa.string())
        sql = f"SELECT DISTINCT order_id FROM ({views.raw(snapshot, files)}) SEMI JOIN _wanted USING (order_id)"
        with self._instance.session() as session, session.joined({"_wanted": pa.table({"order_id": wanted})}):
            return session.run(sql)["order_id"].combine_chunks()

    def query_readonly(self, sql: str, limit: int = DEFAULT_LIMIT, *, seconds: float = DEFAULT_SECONDS) -> pa.Table:
        """At most `limit` rows of SQL that a person typed: one SELECT, WITH, FROM, DESCRIBE or SHOW over the views.

        Raises Refused naming what is not allowed (files, settings, other statements), QueryFailed with the engine's
        words, or when it took longer than `seconds`.
        """
        now = self.state()
        relations = {"_aliases": now.aliases} if now.is_aliased else {}
        with self._instance.session() as session, session.joined(relations):
            return readonly.answer(session, now, sql, limit=limit, seconds=seconds)

    def per_customer(
        self, sql: str, day: date | None = None, *, stop: Stop | None = None, **relations: pa.Table
    ) -> Iterator[pa.Table]:
        """The rows of a SELECT whose result for a customer depends on his own rows alone, bucket by bucket.

        Memory holds a few buckets at a time, however many customers there are. Facts, traits, and every relation with a
        `customer_id` (of 32 or 64 bits; SQL sees 64) are cut to the bucket; the others are given whole. `FILTER` is
        compiled to `CASE`, twice as fast.
        Raises Stopped where `stop` was requested meanwhile.
        """
        require_free(relations)
        now, text = self.state(), dialect.filters_to_case(sql)
        parts = buckets.parts(now, state.named(text))
        relations = {**relations, **self._moved(now, state.named(text))}
        instances = buckets.instances(self.root, len(parts))
        try:
            yield from run_each(instances, buckets.tasks(now, text, day, parts, relations, stop or Stop()))
        finally:
            for instance in instances:
                instance.close()

    def _moved(self, now: State, wanted: Sequence[str]) -> dict[str, pa.Table]:
        """Facts written under aliases, under the customers they belong to: they may be in any bucket."""
        if not now.is_aliased:
            return {}
        aliases = {"_aliases": now.aliases}
        with self._instance.session() as session, session.joined(aliases):
            moved = {f"_moved_{name}": session.run(now.moved(name)) for name in wanted if name in now.facts}
        return aliases | moved

    def state(self) -> State:
        """One snapshot of every table, and the aliases."""
        return State(
            facts={name: store.snapshot() for name, store in self.facts.items()},
            traits=self.traits.snapshot(),
            aliases=self._aliases_now(),
        )

    @cached_property
    def _instance(self) -> Instance:
        return Instance(self.root, threads=_THREADS, memory=_MEMORY)

    def _fact_store(self, table: str) -> FactStore:
        return self.facts[tables.fact_table(table).name]

    def _aliases_now(self) -> pa.Table:
        snapshot = self._aliases.snapshot()
        version, rows = self._alias_rows
        if version != snapshot.version:
            rows = tables.ALIASES.empty_table()
            if snapshot.files:
                rows = pa.concat_tables([pq.read_table(file.path) for file in snapshot.files]).cast(tables.ALIASES)
            self._alias_rows = (snapshot.version, rows)
        return rows


def require_free(relations: dict[str, pa.Table]) -> None:
    """Raise ValueError where a table is given under a name of the lake's own."""
    taken = [name for name in relations if name in state.VIEWS or name.startswith("_")]
    if taken:
        raise ValueError(f"'{taken[0]}' is a name of the lake's own")
