"""Who uses a segment: higher packages register here, so that one in use is not deleted and its page can say where.

A package registers in its `AppConfig.ready`: `uses.register("programmes", programmes_using)`.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass


@dataclass(frozen=True, kw_only=True)
class Use:
    """One thing that uses a segment: what it is called for a reader, and its page ("" for none)."""

    title: str
    url: str = ""


_finders: dict[str, Callable[[str], list[Use]]] = {}


def register(owner: str, find: Callable[[str], list[Use]]) -> None:
    """Ask `find` for the uses of a segment's name. Registering an owner again replaces it."""
    _finders[owner] = find


def of(name: str) -> list[Use]:
    """What higher packages use the segment `name` for."""
    return [use for find in _finders.values() for use in find(name)]
