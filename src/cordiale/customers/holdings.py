"""What each package holds about a person: how it is given out on request, and how it is erased.

A package that keeps personal data registers one holding in its `AppConfig.ready`; the tests of `rights` fail when a
table or a file still holds an erased person's email, name or telephone number.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

Export = Callable[[Sequence[int]], Any]
Erase = Callable[[Sequence[int], datetime], int]


@dataclass(frozen=True, kw_only=True)
class Holding:
    """One package's data about a person.

    `export` takes the numbers a person is known under (merged ones included) and gives JSON values (lists of plain
    mappings by preference), None for nothing. `erase` deletes or anonymises all of it and returns how many rows were
    touched; it runs inside the erasure's transaction, may run twice, and must leave aggregates right. Holdings are
    erased from the highest `order` down, so that what refers to something goes before it.
    """

    name: str
    order: int
    export: Export
    erase: Erase


_holdings: dict[str, Holding] = {}


def register(holding: Holding) -> None:
    """Add a package's holding. Registering a name again replaces it."""
    _holdings[holding.name] = holding


def registered() -> list[Holding]:
    """All holdings, lowest order first."""
    return sorted(_holdings.values(), key=lambda one: (one.order, one.name))
