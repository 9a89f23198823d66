"""What else moves when two customers turn out to be one, and moves back when they turn out not to be.

A package above whose rows belong to a customer registers a part in its `AppConfig.ready`.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Any


@dataclass(frozen=True, kw_only=True)
class MergePart:
    """A package's share of a merge.

    `merge(survivor_id, merged_id, now)` moves rows and returns what it takes to undo it (JSON values, None for
    nothing); `unmerge(survivor_id, merged_id, undo, now)` gives back exactly what was. Both run inside one transaction.
    Parts run by `order`, and are undone the other way round.
    """

    name: str
    order: int
    merge: Callable[[int, int, datetime], Any]
    unmerge: Callable[[int, int, Any, datetime], None]


_parts: dict[str, MergePart] = {}


def register(part: MergePart) -> None:
    """Add a package's part. Registering a name again replaces it."""
    _parts[part.name] = part


def registered() -> list[MergePart]:
    """All parts, in order."""
    return sorted(_parts.values(), key=lambda one: (one.order, one.name))
