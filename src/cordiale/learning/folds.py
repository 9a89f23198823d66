"""In which order rows are learned from, and which of them are held out together: functions of what the rows say.

So the order in which rows come changes nothing, to the last digit.
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import numpy.typing as npt

from cordiale.learning.encoding import Floats

FOLDS = 5
LARGE = 100_000
"""From so many rows on, one fold is held out instead of each in turn."""
_MIX = np.uint64(0x9E3779B97F4A7C15)
Keys = npt.NDArray[np.uint64]


def keys(matrix: Floats, target: Floats, seed: int) -> Keys:
    """A number for each row, from its figures: equal rows, equal numbers."""
    bits = np.full(len(matrix), seed, np.uint64)
    for column in (*matrix.T, target):
        figure = np.where(np.isnan(column), np.inf, column + 0.0)
        bits = _mixed(bits ^ figure.view(np.uint64))
    return bits


def assign(
    order_keys: Keys, stratum: npt.NDArray[np.bool_], groups: npt.NDArray[np.int64] | None
) -> npt.NDArray[np.intp]:
    """The fold of each row, 0 … FOLDS − 1: rows of one group together, else even within each stratum."""
    if groups is not None:
        return (_mixed(groups.astype(np.int64).view(np.uint64) + _MIX) % np.uint64(FOLDS)).astype(np.intp)
    folds = np.empty(len(order_keys), np.intp)
    for part in (np.flatnonzero(stratum), np.flatnonzero(~stratum)):
        folds[part[np.argsort(order_keys[part], kind="stable")]] = np.arange(len(part)) % FOLDS
    return folds


def held_out(folds: npt.NDArray[np.intp]) -> Iterator[npt.NDArray[np.bool_]]:
    """For each round, the rows held out."""
    for number in range(1 if len(folds) >= LARGE else FOLDS):
        yield folds == number


def _mixed(bits: Keys) -> Keys:
    bits = (bits ^ (bits >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    bits = (bits ^ (bits >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    return bits ^ (bits >> np.uint64(31))
