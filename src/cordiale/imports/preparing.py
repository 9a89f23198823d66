"""From a file to an import that can run: how it reads, what its columns mean, what only a person can say."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import date
from pathlib import Path
from typing import Any

from django.utils.translation import gettext as _

from cordiale.errors import CordialeError, Refused
from cordiale.imports import basis, formats, targets
from cordiale.imports.converting import text_of
from cordiale.imports.formats import Guess
from cordiale.imports.mapping import Column, FileMapping
from cordiale.imports.reading import Reading, guess, sample
from cordiale.imports.reading.guessing import columns
from cordiale.imports.writing.customers import has_addresses

_LOOKED_AT = 5_000  # rows
_DATES, _NUMBERS = ("date", "instant"), ("money", "number", "integer")


@dataclass(frozen=True)
class Shown:
    """A column of a file with its first values."""

    name: str
    samples: list[str]


def read_as(path: Path, said: Mapping[str, Any]) -> Reading:
    """How the file is read: as guessed, but for what somebody says."""
    return guess(path).but(said)


def shown(path: Path, reading: Reading, count: int = 3) -> list[Shown]:
    """The columns of the file, each with its first values that say something."""
    rows = sample(path, reading, 200)
    return [
        Shown(name, list(dict.fromkeys(_cells(rows.table.column(name), 200)))[:count])
        for name in rows.table.column_names
    ]


def guess_mapping(kind: str, path: Path, reading: Reading) -> FileMapping:
    """What the columns probably mean, by their names; what nobody recognises is left out."""
    found = targets.guess(kind, columns(path, reading))
    return FileMapping(kind=kind, columns={name: Column(target) for name, target in found.items()})


def guess_formats(path: Path, reading: Reading, mapping: FileMapping) -> tuple[Guess, Guess]:
    """How the file writes dates, and decimals: seen in the first rows of the columns that hold some."""
    names = set(mapping.columns)
    dates = [name for name in mapping.needs(*_DATES) if name in names]
    numbers = [name for name in mapping.needs(*_NUMBERS) if name in names]
    if not dates and not numbers:
        return Guess(""), Guess("")
    table = sample(path, reading, _LOOKED_AT).table
    there = set(table.column_names)
    return (
        formats.guess_dates(_all_cells(table, [name for name in dates if name in there])),
        formats.guess_decimal(_all_cells(table, [name for name in numbers if name in there])),
    )


def ready(path: Path, reading: Reading, mapping: FileMapping, today: date) -> FileMapping:
    """The mapping with everything told. Raises Refused for what only a person can say."""
    present = columns(path, reading)
    missing = [name for name in mapping.columns if name not in present]
    if missing:
        raise CordialeError(
            _("the file has no column '%(name)s'; it has %(names)s") % {"name": missing[0], "names": ", ".join(present)}
        )
    dates, decimal = guess_formats(path, reading, mapping)
    if dates.is_open and not mapping.dates:
        raise Refused(
            _("'%(example)s' can be day first or month first, and no row of the file tells: say which it is (%(how)s).")
            % {"example": dates.example, "how": "dates: day-first, dates: month-first"}
        )
    if decimal.is_open and not mapping.decimal:
        raise Refused(
            _("'%(example)s' can be thousands or decimals, and no row of the file tells: say which it is (%(how)s).")
            % {"example": decimal.example, "how": "decimal: ',', decimal: '.'"}
        )
    return replace(mapping.with_formats(dates.format, decimal.format), basis=_basis(mapping, today))


def _basis(mapping: FileMapping, today: date) -> Any:
    if mapping.kind != "customers":
        return None
    if mapping.basis is None and has_addresses(mapping.given):
        raise Refused(
            _(
                "The file holds addresses: say on what basis these people may be written to (%(how)s), or that they"
                " agreed to nothing you can prove."
            )
            % {"how": "--basis"}
        )
    return basis.of_mapping(mapping.basis or {}, today).as_json() or basis.NONE


def _all_cells(table: Any, names: Iterable[str]) -> Iterator[str]:
    for name in names:
        yield from _cells(table.column(name), _LOOKED_AT)


def _cells(column: Any, count: int) -> list[str]:
    """The first values as text, empty ones left out."""
    first = column.slice(0, count).combine_chunks()
    return [cell for cell in text_of(first).to_pylist() if cell]
