"""Is the comparison sound, and what could it find? Checks of the draw and of its power."""

from __future__ import annotations

from dataclasses import dataclass
from math import erfc, sqrt
from statistics import NormalDist

from cordiale.measure.rules.interval import LEVEL

MISMATCH_ALARM = 0.001
"""Below this p value the groups are not the draw that was asked for, and no effect should be believed."""
POWER = 0.8


@dataclass(frozen=True, kw_only=True)
class GroupBalance:
    """Control customers found against those the draw should give (sample-ratio mismatch, χ² with one degree)."""

    control: int
    expected: float
    p_value: float

    @property
    def is_alarming(self) -> bool:
        """Whether chance alone would hardly give this (p < 0.001)."""
        return self.p_value < MISMATCH_ALARM


def balance(treated: int, control: int, expected: float) -> GroupBalance:
    """Compare the groups with the draw; `expected` is the number of control customers the shares asked for give."""
    size = treated + control
    if size == 0 or not 0 < expected < size:
        return GroupBalance(control=control, expected=expected, p_value=1.0)
    square = (control - expected) ** 2 * (1 / expected + 1 / (size - expected))
    return GroupBalance(control=control, expected=expected, p_value=erfc(sqrt(square / 2)))


def minimum_detectable(deviation: float, treated: int, control: int) -> float:
    """The smallest true difference found with 80 % probability in one look at 95 %, in the unit of `deviation`.

    Normal approximation: (z₀.₉₇₅ + z₀.₈) · deviation · √(1/treated + 1/control); infinite without both groups.
    """
    if min(treated, control) == 0:
        return float("inf")
    return (
        (NormalDist().inv_cdf((1 + LEVEL) / 2) + NormalDist().inv_cdf(POWER))
        * deviation
        * sqrt(1 / treated + 1 / control)
    )
