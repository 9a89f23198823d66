"""Walking fitted trees, compiled: a row goes left where its figure is at most the threshold, or unknown and told so.

Not parallel themselves but free of Python's lock: numba's own threads end the process when two callers meet.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt
from numba import njit

from cordiale.learning.encoding import Floats
from cordiale.learning.masks import LEAVES, SHIFT, TURN

Ints = npt.NDArray[np.int32]
Bits = npt.NDArray[np.uint16]
Bools = npt.NDArray[np.bool_]


@njit(nogil=True, cache=True)
def _next(figure: Any, node: Any, threshold: Floats, unknown_left: Bools, left: Ints, right: Ints) -> Any:
    goes_left = unknown_left[node] if np.isnan(figure) else figure <= threshold[node]
    return left[node] if goes_left else right[node]


@njit(nogil=True, cache=True)
def _line(figure: Any, place: Any, edges: Floats, starts: Ints) -> Any:
    """The line of a figure among those of its column: the first is for unknown ones."""
    first = low = starts[place]
    if np.isnan(figure):
        return first + 2 * place
    high = starts[place + 1]
    while low < high:
        middle = (low + high) // 2
        if edges[middle] < figure:
            low = middle + 1
        else:
            high = middle
    return low + 2 * place + 1


@njit(nogil=True, cache=True)
def total(
    matrix: Floats, scores: Floats, columns: Ints, edges: Floats, starts: Ints, kept: Bits, leaves: Floats
) -> None:
    """Add to `scores` the leaf of each tree each row falls into (see `masks`), tree after tree as scikit-learn does."""
    trees = kept.shape[1]
    alive = np.empty(trees, np.uint16)
    for row in range(matrix.shape[0]):
        alive[:] = 0xFFFF
        for place in range(len(columns)):
            line = kept[_line(matrix[row, columns[place]], place, edges, starts)]
            for tree in range(trees):
                alive[tree] &= line[tree]
        score = scores[row]
        for tree in range(trees):
            bits = np.int64(alive[tree])
            score += leaves[tree, ((bits & -bits) * TURN >> SHIFT) & (LEAVES - 1)]
        scores[row] = score


@njit(nogil=True, cache=True)
def staged(
    matrix: Floats,
    scores: Floats,
    roots: Ints,
    feature: Ints,
    threshold: Floats,
    unknown_left: Bools,
    left: Ints,
    right: Ints,
    value: Floats,
) -> None:
    """Walk all trees; `scores`, shape (rows, trees + 1), holds the base first and keeps the sum after each tree."""
    for row in range(matrix.shape[0]):
        for number, root in enumerate(roots):
            node = root
            while left[node] >= 0:
                node = _next(matrix[row, feature[node]], node, threshold, unknown_left, left, right)
            scores[row, number + 1] = scores[row, number] + value[node]


@njit(nogil=True, cache=True)
def steps(
    matrix: Floats,
    moved: Floats,
    roots: Ints,
    feature: Ints,
    threshold: Floats,
    unknown_left: Bools,
    left: Ints,
    right: Ints,
    value: Floats,
) -> None:
    """Add to `moved`, shape of `matrix`, the changes of value at the nodes that asked each column."""
    for row in range(matrix.shape[0]):
        for root in roots:
            node = root
            while left[node] >= 0:
                column = feature[node]
                following = _next(matrix[row, column], node, threshold, unknown_left, left, right)
                moved[row, column] += value[following] - value[node]
                node = following
