"""Cents that add up."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import ROUND_HALF_UP, Decimal

CENT = Decimal("0.01")
MOST = Decimal(10) ** 10
"""Amounts stay below this: a line's column holds twelve digits, two of them cents."""


def cents(amount: Decimal) -> Decimal:
    """The amount in whole cents, halves away from zero."""
    return amount.quantize(CENT, ROUND_HALF_UP)


def share(total: Decimal, weights: Sequence[Decimal]) -> list[Decimal]:
    """`total` (0 or more, in cents) over lines in proportion to `weights`, to the cent; nothing where nothing weighs.

    What rounding leaves goes to the largest fractions, the first of equals. A part is never more than its weight while
    `total` is at most their sum.
    """
    whole, parts = int(total / CENT), [int(weight / CENT) for weight in weights]
    sum_of_parts = sum(parts)
    if not sum_of_parts:
        return [Decimal(0) for _ in parts]
    shares = [whole * part // sum_of_parts for part in parts]
    by_fraction = sorted(range(len(parts)), key=lambda place: (-(whole * parts[place] % sum_of_parts), place))
    for place in by_fraction[: whole - sum(shares)]:
        shares[place] += 1
    return [part * CENT for part in shares]
