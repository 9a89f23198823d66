"""An interval of confidence."""

from __future__ import annotations

from dataclasses import dataclass

LEVEL = 0.95
"""Every interval of the product holds with this probability."""


@dataclass(frozen=True, kw_only=True)
class Interval:
    """From `low` to `high`, both in the unit of the figure they surround."""

    low: float
    high: float

    @property
    def excludes_zero(self) -> bool:
        """Whether zero lies outside: only then is an effect shown."""
        return self.low > 0 or self.high < 0

    def around(self, other: Interval) -> Interval:
        """The least interval that holds both: what is promised for many looks cannot be narrower than for one."""
        return Interval(low=min(self.low, other.low), high=max(self.high, other.high))

    def scaled(self, factor: float) -> Interval:
        """The interval of `factor` (≥ 0) times the figure."""
        return Interval(low=self.low * factor, high=self.high * factor)
