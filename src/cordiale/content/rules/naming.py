"""Which variables a Liquid text names. Pure."""

from __future__ import annotations

from functools import lru_cache

from liquid import Environment
from liquid.exceptions import LiquidError


@lru_cache(maxsize=512)
def named(text: str) -> frozenset[tuple[str, ...]]:
    """The paths of variables, as `("traits", "spend_90d")`; what a loop names within itself is none.

    Nothing of a text that Liquid cannot read: it is refused where templates are applied.
    """
    try:
        found = Environment().from_string(text).analyze().globals
    except LiquidError:
        return frozenset()
    return frozenset(tuple(str(step) for step in one.segments) for places in found.values() for one in places)
