"""Which features moved each customer's prediction, and how far."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from cordiale.learning.encoding import Floats

_CHUNK = 50_000


@dataclass(frozen=True, kw_only=True)
class Drivers:
    """The strongest features of each row, the strongest first; shapes (rows, top).

    `effect` is on the scale of the score (log-odds of a classifier, the amount of a regression), against the mean row
    of training. `base` plus the effects of all features is the row's score.
    """

    features: tuple[str, ...]
    base: float
    place: npt.NDArray[np.intp]
    effect: Floats

    def of(self, row: int) -> list[tuple[str, float]]:
        """The drivers of one row: feature and effect; those without any effect are left out."""
        pairs = zip(self.place[row], self.effect[row], strict=True)
        return [(self.features[place], float(effect)) for place, effect in pairs if effect]


def by_feature(columns: Floats, owners: npt.NDArray[np.intp], features: int) -> Floats:
    """Contributions of columns summed to those of their features, shape (rows, features)."""
    return np.asarray(columns @ (owners[:, None] == np.arange(features)).astype(np.float64))


def strongest(
    matrix: Floats, contribute: Callable[[Floats], Floats], *, features: tuple[str, ...], base: float, top: int
) -> Drivers:
    """The `top` features of each row by size of effect, by their order between equals; a chunk at a time."""
    top = min(top, len(features))
    place, effect = np.empty((len(matrix), top), np.intp), np.empty((len(matrix), top))
    for first in range(0, len(matrix), _CHUNK):
        part = slice(first, first + _CHUNK)
        moved = contribute(matrix[part])
        place[part] = np.argsort(-np.abs(moved), axis=1, kind="stable")[:, :top]
        effect[part] = np.take_along_axis(moved, place[part], axis=1)
    return Drivers(features=features, base=base, place=place, effect=effect)


def shares(moved: Floats) -> tuple[float, ...]:
    """The share of each feature in all effects of these rows; all alike where nothing moved."""
    size = np.abs(moved).mean(axis=0)
    total = float(size.sum())
    return tuple(float(one) for one in (size / total if total else np.full(len(size), 1 / len(size))))
