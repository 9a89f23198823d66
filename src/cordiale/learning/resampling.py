"""What chance alone could have made of a figure: the bootstrap, rows or whole groups drawn again with replacement."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import numpy as np
import numpy.typing as npt

from cordiale.learning.encoding import Floats

RESAMPLES, LEVEL = 300, 0.95
Statistic = Callable[[Floats], Floats]
"""From the weight of each row to figures."""


def arranged(
    columns: tuple[Floats, ...], groups: npt.ArrayLike | None
) -> tuple[tuple[Floats, ...], npt.NDArray[np.intp]]:
    """The rows in an order that depends on what they say alone, and the block of each: its group, or itself."""
    rows = len(columns[0])
    if groups is None:
        order = np.lexsort(columns)
        return tuple(column[order] for column in columns), np.arange(rows)
    block = np.unique(np.asarray(groups), return_inverse=True)[1].astype(np.intp)
    order = np.lexsort((block, *columns))
    return tuple(column[order] for column in columns), block[order]


def intervals(statistic: Statistic, block: npt.NDArray[np.intp], resamples: int, seed: int) -> tuple[Floats, Floats]:
    """The percentile interval of each figure, all from the same draws; draws without a value are left out, all: NaN."""
    drawn = np.array([statistic(weight) for weight in _weights(block, resamples, seed)])
    edge, found = (1 - LEVEL) / 2, ~np.isnan(drawn).all(axis=0)
    bounds = np.full((2, drawn.shape[1]), np.nan)
    bounds[:, found] = np.nanquantile(drawn[:, found], [edge, 1 - edge], axis=0)
    return bounds[0], bounds[1]


def _weights(block: npt.NDArray[np.intp], resamples: int, seed: int) -> Iterator[Floats]:
    many = int(block.max()) + 1
    for number in range(resamples):
        chosen = np.random.default_rng([seed, number]).integers(0, many, many)
        yield np.bincount(chosen, minlength=many)[block].astype(np.float64)
