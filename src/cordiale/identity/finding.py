"""Finding customers by what points to them."""

from __future__ import annotations

from cordiale.customers import queries as customers
from cordiale.identity.matching import holders
from cordiale.identity.queries import survivors
from cordiale.identity.rules import STRONG, canonical


def register() -> None:
    """Called once, when Django is ready."""
    customers.register_finder("identifiers", 10, find)


def find(text: str) -> list[int]:
    """The customers that have exactly this card, reference, email or telephone number, merges followed."""
    found = [number for kind in STRONG for _place, number in holders(kind, [canonical(kind, text)])]
    return list(dict.fromkeys(survivors(found).values())) if found else []
