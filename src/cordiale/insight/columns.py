"""Columns that higher packages add to each day's snapshot: scores are traits too.

A source is a pure function of what the snapshot already holds of a customer, so that any past day can be computed
again.
"""

from __future__ import annotations

import hashlib
from collections.abc import Collection, Mapping, Sequence
from typing import Protocol

import pyarrow as pa

from cordiale.errors import CordialeError
from cordiale.insight.rules.compilation import Moment
from cordiale.insight.rules.traits import Trait

ARROW: Mapping[str, pa.DataType] = {
    "integer": pa.int64(), "number": pa.float64(), "share": pa.float64(), "money": pa.decimal128(14, 2),
    "text": pa.string(), "instant": pa.timestamp("us", tz="UTC"),
}  # fmt: skip
"""How the lake keeps a trait, by its type."""


class Source(Protocol):
    """Adds columns to a snapshot. Its traits have `source="score"`; their `definition` says how they come about."""

    def traits(self) -> Sequence[Trait]:
        """The columns it adds at present, in their order. It must not ask `insight.queries.traits`, which asks it."""
        ...

    def fingerprint(self) -> str:
        """Differs when the same traits come to mean something else: the day's snapshot is then computed again."""
        ...

    def extend(self, part: pa.Table, moment: Moment) -> pa.Table:
        """`part` (customer_id, declared traits, RFM scores, stage) with its columns after them; same rows, in order."""
        ...


_sources: dict[str, Source] = {}


def register(name: str, source: Source) -> None:
    """Add a source; called once, when Django is ready."""
    _sources[name] = source


def unregister(name: str) -> None:
    """Take a source away again, as a test does."""
    _sources.pop(name, None)


def sources() -> list[Source]:
    """Those registered, by name."""
    return [_sources[name] for name in sorted(_sources)]


def added(taken: Collection[str] = ()) -> list[Trait]:
    """The traits all sources add at present. Raises CordialeError where two have a name, or one of `taken`."""
    names, traits = set(taken), []
    for trait in (trait for source in sources() for trait in source.traits()):
        if trait.name in names:
            raise CordialeError(f"'{trait.name}' names a score and another trait; rename one of them")
        names.add(trait.name)
        traits.append(trait)
    return traits


def fingerprint() -> str:
    """Of what all sources add at present; empty where there are none."""
    told = "\0".join(f"{name}\0{_sources[name].fingerprint()}" for name in sorted(_sources))
    return hashlib.sha256(told.encode()).hexdigest() if told else ""


def extended(part: pa.Table, moment: Moment) -> pa.Table:
    """A part of a snapshot with the columns of every source, in the types the lake keeps.

    Every source sees the snapshot's own columns alone. Raises CordialeError where one does not give what it declares.
    """
    result = part
    for name in sorted(_sources):
        source = _sources[name]
        wanted = source.traits()
        if not wanted:
            continue
        given = source.extend(part, moment)
        missing = [trait.name for trait in wanted if trait.name not in given.column_names]
        if missing or not given["customer_id"].equals(part["customer_id"]):
            raise CordialeError(f"the source '{name}' gave other customers, or no '{', '.join(missing)}'")
        for trait in wanted:
            kind = ARROW[trait.type]
            result = result.append_column(pa.field(trait.name, kind), given[trait.name].cast(kind, safe=False))
    return result
