"""What an import asks of the one who writes its rows, and what that one answers."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from cordiale.identity.columns import Column
from cordiale.imports.basis import Basis
from cordiale.imports.mapping import FileMapping
from cordiale.imports.reading import RefusedRow

Flags = npt.NDArray[np.bool_]


@dataclass(frozen=True, kw_only=True)
class Task:
    """One import, for those who write its rows. `at` is when what the file says was said, where no column says it."""

    number: int
    source: str
    digest: str
    mapping: FileMapping
    basis: Basis
    at: datetime
    now: datetime


@dataclass(frozen=True, kw_only=True)
class Part:
    """Good rows of one chunk: `number` counts chunks from 1, `rows` are the numbers in the file, `identifiers` what
    says by kind whom they are about."""

    number: int
    table: pa.Table
    rows: pa.Array
    batch: pa.Table  # the same rows as the file has them
    identifiers: Mapping[str, Column]

    def refuse(self, mask: Flags, reason: str) -> list[RefusedRow]:
        """The rows where `mask` holds, for one reason."""
        return [
            RefusedRow(self.rows[place].as_py(), reason, cells_of(self.batch, place))
            for place in map(int, np.flatnonzero(mask))
        ]

    def only(self, mask: Flags) -> Part:
        """The rows where `mask` holds."""
        if mask.all():
            return self
        wanted = pa.array(mask)
        return Part(
            number=self.number,
            table=self.table.filter(wanted),
            rows=self.rows.filter(wanted),
            batch=self.batch.filter(wanted),
            identifiers={kind: one.only(mask) for kind, one in self.identifiers.items()},
        )


def cells_of(table: pa.Table, place: int) -> list[str]:
    """One row of a file as text."""
    return ["" if (value := column[place].as_py()) is None else str(value) for column in table.columns]


@dataclass
class Outcome:
    """How many rows did what, and those refused only here."""

    counts: dict[str, int] = field(default_factory=dict)
    refused: list[RefusedRow] = field(default_factory=list)


@dataclass(frozen=True)
class Seen:
    """What a dry run remembers between chunks: identifiers of people it took for new."""

    new: set[str] = field(default_factory=set)


Write = Callable[[Task, Part], Outcome]
Look = Callable[[Task, Part, Seen], Outcome]


@dataclass(frozen=True)
class Writer:
    """A kind of file. `look` writes nothing; `write` runs inside the chunk's transaction and may be repeated."""

    look: Look
    write: Write
