"""Columns that higher packages add to each day's snapshot: scores are traits too.

A source is a pure function of what the snapshot already holds of a customer, so that any past day can be computed again.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

import pyarrow as pa

from cordiale.insight.rules.compilation import Moment
from cordiale.insight.rules.traits import Trait


class Source(Protocol):
    """Adds columns to a snapshot. Its traits have `source="score"`; their `definition` says in short how they come about."""

    def traits(self) -> Sequence[Trait]:
        """The columns it adds at present, in their order."""
        ...

    def fingerprint(self) -> str:
        """Differs when the same traits come to mean something else: the day's snapshot is then computed again."""
        ...

    def extend(self, part: pa.Table, moment: Moment) -> pa.Table:
        """`part` (customer_id, declared traits, RFM scores, stage) with its columns after the others, same rows and order."""
        ...


_sources: dict[str, Source] = {}


def register(name: str, source: Source) -> None:
    """Add a source; called once, when Django is ready."""
    _sources[name] = source


def sources() -> list[Source]:
    """Those registered, by name."""
    return [_sources[name] for name in sorted(_sources)]
