"""What a query reads: one snapshot of each table it names, and the aliases of merged customers."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date

import pyarrow as pa
import pyarrow.compute as pc

from cordiale.ids import bucket_of
from cordiale.lake import tables, views
from cordiale.lake.snapshots import DataFile, Snapshot
from cordiale.lake.views import Slice

VIEWS = (*tables.FACTS, "traits", "traits_history")


@dataclass(frozen=True, kw_only=True)
class State:
    """The tables as of now; `aliases` maps alias_id to the customer whose facts they are (one row an alias)."""

    facts: Mapping[str, Snapshot]
    traits: Snapshot
    aliases: pa.Table

    @property
    def is_aliased(self) -> bool:
        """Are facts of some ids read as another customer's?"""
        return bool(self.aliases.num_rows)

    @property
    def versions(self) -> tuple[int, ...]:
        """The versions of the tables read."""
        return (*(snapshot.version for snapshot in self.facts.values()), self.traits.version)

    def day(self, day: date | None) -> date | None:
        """`day`, or the latest day that has traits."""
        return day if day is not None or not self.traits.days else self.traits.days[-1]

    def emptied(self) -> State:
        """The same tables without rows."""
        facts = {name: snapshot.emptied() for name, snapshot in self.facts.items()}
        return State(facts=facts, traits=self.traits.emptied(), aliases=self.aliases.slice(0, 0))

    def views(self, wanted: Sequence[str], day: date | None) -> dict[str, str]:
        """The SQL of the views a query names."""
        return {name: self._view(name, day) for name in wanted}

    def _view(self, name: str, day: date | None) -> str:
        if name == "traits":
            return views.traits(self.traits, self.day(day))
        if name == "traits_history":
            return views.traits_history(self.traits)
        return views.facts(self.facts[name], aliased=self.is_aliased)

    def ids_of(self, customers: pa.Array) -> pa.Array:
        """The ids under which facts of these customers may be written: their own, and their aliases'."""
        if not self.is_aliased:
            return customers
        mine = self.aliases.filter(pc.is_in(self.aliases["customer_id"], customers))["alias_id"]
        own = customers.filter(pc.invert(pc.is_in(customers, self.aliases["alias_id"].combine_chunks())))
        return pa.concat_arrays([own, mine.combine_chunks()])

    def views_of(self, wanted: Sequence[str], day: date | None, customers: pa.Array) -> dict[str, str]:
        """Views of some customers only. They read the relations `_customers` (theirs) and `_written` (of `ids_of`)."""
        ids = [int(number) for number in self.ids_of(customers).to_pylist()]
        return {name: self._view_of(name, day, ids) for name in wanted}

    def _view_of(self, name: str, day: date | None, ids: Sequence[int]) -> str:
        if name not in self.facts:
            return f"SELECT t.* FROM ({self._view(name, day)}) t SEMI JOIN _customers USING (customer_id)"
        snapshot = self.facts[name]
        files = snapshot.of_buckets({bucket_of(number, snapshot.buckets) for number in ids})
        rows = f"SELECT r.* FROM ({views.raw(snapshot, files)}) r SEMI JOIN _written USING (customer_id)"
        return views.resolved(rows, snapshot.columns) if self.is_aliased else rows

    def views_in(self, wanted: Sequence[str], day: date | None, part: Slice) -> dict[str, str]:
        """Views of one bucket's customers. Where there are aliases they read `_aliases`, and `_moved_<table>`: the
        facts written under aliases, of all buckets, already under their customer."""
        return {name: self._view_in(name, day, part) for name in wanted}

    def _view_in(self, name: str, day: date | None, part: Slice) -> str:
        if name not in self.facts:
            return f"SELECT * FROM ({self._view(name, day)}) WHERE {part.holds()}"
        snapshot = self.facts[name]
        rows = bucket_rows(snapshot, part)
        if not self.is_aliased:
            return rows
        columns = ", ".join(map(views.quoted, views.names(snapshot.columns)))
        return (
            f"SELECT {columns} FROM ({rows}) r ANTI JOIN _aliases a ON a.alias_id = r.customer_id"
            f" UNION ALL SELECT {columns} FROM _moved_{name} WHERE {part.holds()}"
        )

    def moved(self, name: str) -> str:
        """The facts written under aliases, of all buckets, under their customer; reads `_aliases`."""
        snapshot = self.facts[name]
        written = {bucket_of(number, snapshot.buckets) for number in self.aliases["alias_id"].to_pylist()}
        rows = views.raw(snapshot, snapshot.of_buckets(written))
        return views.resolved(
            f"SELECT r.* FROM ({rows}) r SEMI JOIN _aliases a ON a.alias_id = r.customer_id", snapshot.columns
        )


def bucket_rows(snapshot: Snapshot, part: Slice) -> str:
    """The rows written under ids of one bucket: folded files are cut only where the table has fewer buckets."""
    folded = [
        file
        for file in snapshot.files
        if file.bucket != tables.UNFOLDED and file.bucket == part.bucket % snapshot.buckets
    ]
    whole = part.buckets == snapshot.buckets
    pieces = [(folded, whole), (list(snapshot.unfolded), part.buckets == 1)]
    selects = [_cut(snapshot, files, None if uncut else part) for files, uncut in pieces if files]
    return " UNION ALL ".join(selects) or views.raw(snapshot, ())


def _cut(snapshot: Snapshot, files: Sequence[DataFile], part: Slice | None) -> str:
    rows = views.raw(snapshot, files)
    return rows if part is None else f"{rows} WHERE {part.holds()}"


def named(sql: str) -> list[str]:
    """The views a query may read: those whose name occurs in it."""
    words = set(re.findall(r"\w+", sql.lower()))
    return [name for name in VIEWS if name in words]
