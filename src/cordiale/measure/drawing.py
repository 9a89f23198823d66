"""A forest line: an interval beside zero, as coordinates of an SVG of 320 × 40. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial

from cordiale.measure.rules.effect import Effect

_WIDTH, _MARGIN = 320, 12.0


@dataclass(frozen=True)
class Forest:
    """Horizontal places, written with a point whatever the page's language."""

    zero: str
    difference: str
    often_low: str
    often_high: str
    once_low: str
    once_high: str


def forest(effect: Effect) -> Forest:
    """Where to draw an effect: the wider interval and zero fill the width."""
    low = min(effect.often.low, effect.once.low, 0.0)
    high = max(effect.often.high, effect.once.high, 0.0)
    scale = (_WIDTH - 2 * _MARGIN) / ((high - low) or 1.0)
    place = partial(_place, low, scale)
    return Forest(
        zero=place(0.0),
        difference=place(effect.difference),
        often_low=place(effect.often.low),
        often_high=place(effect.often.high),
        once_low=place(effect.once.low),
        once_high=place(effect.once.high),
    )


def _place(low: float, scale: float, value: float) -> str:
    return f"{_MARGIN + (value - low) * scale:.1f}"
