"""How good a ranking is: NDCG@k against what was bought next, with bootstrap intervals."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy import sparse

DEPTH = 10
_DRAWS = 1_000


@dataclass(frozen=True)
class Interval:
    """A mean over customers, and where 95 % of bootstrap means fall."""

    mean: float
    low: float
    high: float


def ndcg(scores: NDArray[np.float32], wanted: sparse.csr_matrix, depth: int = DEPTH) -> NDArray[np.float64]:
    """For each customer how well the `depth` best scored items (customers × items) foretell those `wanted` (0 and 1).

    Binary gains, discount log₂(1 + rank), over the best that was possible (Järvelin and Kekäläinen 2002); NaN for who
    wanted nothing. An item scored −inf is never recommended.
    """
    depth = min(depth, scores.shape[1])
    discounts = 1 / np.log2(np.arange(2, depth + 2))
    top = best(scores, depth)
    is_wanted = np.zeros(scores.shape, bool)
    rows = np.repeat(np.arange(wanted.shape[0]), np.diff(wanted.indptr))
    is_wanted[rows, wanted.indices] = True
    hits = np.take_along_axis(is_wanted, top, 1) & np.isfinite(np.take_along_axis(scores, top, 1))
    many = np.diff(wanted.indptr)
    possible = np.concatenate([[np.nan], np.cumsum(discounts)])[np.minimum(many, depth)]
    gains: NDArray[np.float64] = (hits * discounts).sum(axis=1) / possible
    return gains


def best(scores: NDArray[np.float32], many: int) -> NDArray[np.int64]:
    """The columns of the `many` highest scores of each row, highest first; between equals the lower column."""
    some = np.argpartition(-scores, many - 1, axis=1)[:, :many]
    some.sort(axis=1)
    order = np.argsort(-np.take_along_axis(scores, some, 1), axis=1, kind="stable")
    return np.take_along_axis(some, order, 1)


def interval(values: NDArray[np.float64], seed: int = 0) -> Interval:
    """The mean over customers with its 95 % percentile interval (NaN left out); all NaN where nobody is left."""
    known = values[~np.isnan(values)]
    if not len(known):
        return Interval(float("nan"), float("nan"), float("nan"))
    means = _means(known, seed)
    return Interval(float(known.mean()), *map(float, np.percentile(means, [2.5, 97.5])))


def ratio(ours: NDArray[np.float64], theirs: NDArray[np.float64], seed: int = 0) -> Interval:
    """Mean over mean for the same customers, each drawn with both of his values."""
    known = ~(np.isnan(ours) | np.isnan(theirs))
    above, below = ours[known], theirs[known]
    if not len(above) or below.mean() == 0:
        return Interval(float("nan"), float("nan"), float("nan"))
    low, high = np.percentile(_means(above, seed) / np.maximum(_means(below, seed), 1e-12), [2.5, 97.5])
    return Interval(float(above.mean() / below.mean()), float(low), float(high))


def _means(values: NDArray[np.float64], seed: int) -> NDArray[np.float64]:
    draw = np.random.default_rng(seed)
    return np.array([values[draw.integers(0, len(values), len(values))].mean() for _ in range(_DRAWS)])
