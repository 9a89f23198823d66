"""What chance alone could have made of a figure: the bootstrap, rows or whole groups drawn again with replacement."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import numpy as np
import numpy.typing as npt

from cordiale.learning.encoding import Floats

RESAMPLES, LEVEL = 300, 0.95
Statistic = Callable[[Floats], Floats]
"""From the weight of each row to figures."""


def blocks(columns: tuple[Floats, ...], groups: npt.ArrayLike | None) -> npt.NDArray[np.intp]:
    """The block of each row: its group, or itself, numbered by what the rows say: their order does not matter."""
    if groups is not None:
        return np.unique(np.asarray(groups), return_inverse=True)[1].astype(np.intp)
    place = np.empty(len(columns[0]), np.intp)
    place[np.lexsort(columns)] = np.arange(len(place))
    return place


def intervals(statistic: Statistic, block: npt.NDArray[np.intp], resamples: int, seed: int) -> tuple[Floats, Floats]:
    """The percentile interval of each figure, all figures from the same draws; draws without a value are left out."""
    drawn = np.array([statistic(weight) for weight in _weights(block, resamples, seed)])
    edge = (1 - LEVEL) / 2
    low, high = np.nanquantile(drawn, [edge, 1 - edge], axis=0)
    return low, high


def _weights(block: npt.NDArray[np.intp], resamples: int, seed: int) -> Iterator[Floats]:
    many = int(block.max()) + 1
    for number in range(resamples):
        chosen = np.random.default_rng([seed, number]).integers(0, many, many)
        yield np.bincount(chosen, minlength=many)[block].astype(np.float64)
