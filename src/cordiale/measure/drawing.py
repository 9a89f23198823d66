"""A forest line: an interval beside zero, as coordinates of an SVG of 320 × 40. Pure."""

from __future__ import annotations

from dataclasses import dataclass

from cordiale.measure.rules.effect import Effect

WIDTH, HEIGHT, _MARGIN = 320, 40, 12.0


@dataclass(frozen=True)
class Forest:
    """Horizontal places, written with a point whatever the page's language."""

    zero: str
    difference: str
    often_low: str
    often_high: str
    once_low: str
    once_high: str
    width: int = WIDTH
    height: int = HEIGHT


def forest(effect: Effect) -> Forest:
    """Where to draw an effect: the wider interval and zero fill the width."""
    low = min(effect.often.low, effect.once.low, 0.0)
    high = max(effect.often.high, effect.once.high, 0.0)
    scale = (WIDTH - 2 * _MARGIN) / ((high - low) or 1.0)
    values = (0.0, effect.difference, effect.often.low, effect.often.high, effect.once.low, effect.once.high)
    return Forest(*(f"{_MARGIN + (value - low) * scale:.1f}" for value in values))
