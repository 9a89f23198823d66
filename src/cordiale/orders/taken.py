"""What taking orders did."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Taken:
    """Orders that were new, that changed, that stayed as they were; and how many lines the first two have."""

    orders_new: int = 0
    orders_changed: int = 0
    orders_same: int = 0
    lines: int = 0

    def __add__(self, other: Taken) -> Taken:
        return Taken(
            self.orders_new + other.orders_new,
            self.orders_changed + other.orders_changed,
            self.orders_same + other.orders_same,
            self.lines + other.lines,
        )
