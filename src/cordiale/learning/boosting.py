"""Gradient-boosted trees of scikit-learn, kept as plain arrays.

A fitted tree is read out of scikit-learn once. Afterwards prediction needs neither it nor pickle, gives the same
figures (same comparisons, same order of addition) and can say what each column contributed.
"""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import cached_property
from typing import Any, Literal

import numpy as np
import numpy.typing as npt

from cordiale.learning import masks
from cordiale.learning.encoding import Floats
from cordiale.learning.masks import Masks

Loss = Literal["log_loss", "absolute_error", "squared_error"]
PATIENCE = 30
"""Trees that may bring held-out rows nothing before no more are grown."""
_PART = 50_000
"""Rows from which on several threads are worth their while."""
_ARRAYS = ("roots", "feature", "threshold", "unknown_left", "left", "right", "value")


@dataclass(frozen=True, kw_only=True)
class Trees:
    """All nodes of all trees, one after the other; `roots` are where each tree begins, a leaf has `left` −1.

    `value` of a leaf is what it adds; of an inner node, the mean of the leaves below weighted by the rows of training.
    """

    base: float
    roots: npt.NDArray[np.int32]
    feature: npt.NDArray[np.int32]
    threshold: Floats
    unknown_left: npt.NDArray[np.bool_]
    left: npt.NDArray[np.int32]
    right: npt.NDArray[np.int32]
    value: Floats

    def score(self, matrix: Floats) -> Floats:
        """The raw score of each row: log-odds, or the amount."""
        found = self._masks
        tables = (found.columns, found.edges, found.starts, found.kept, found.leaves)
        return _over("total", matrix, np.full(len(matrix), self.base), tables)

    @cached_property
    def _masks(self) -> Masks:
        return masks.of(**{name: getattr(self, name) for name in _ARRAYS})

    def staged(self, matrix: Floats) -> Floats:
        """The raw score of each row after each tree, shape (trees, rows)."""
        scores = np.full((len(matrix), len(self.roots) + 1), self.base)
        return self._walked("staged", matrix, scores)[:, 1:].T

    def contributions(self, matrix: Floats) -> Floats:
        """What each column added to the score of each row, shape of `matrix`; `mean_score` + their sum is the score.

        Along a row's path through a tree, the change from a node's value to the next one's belongs to the column asked
        at that node (Saabas 2014). Unlike Shapley values it depends on the order of questions, but it is exact,
        deterministic and costs one walk.
        """
        return self._walked("steps", matrix, np.zeros(matrix.shape))

    def mean_score(self) -> float:
        """The score before anything is asked: the mean over the rows of training."""
        return self.base + float(self.value[self.roots].sum())

    def arrays(self) -> dict[str, npt.NDArray[Any]]:
        """For `from_arrays`."""
        return {"base": np.array(self.base), **{name: getattr(self, name) for name in _ARRAYS}}

    def _walked(self, kernel: str, matrix: Floats, into: Floats) -> Floats:
        return _over(kernel, matrix, into, [getattr(self, name) for name in _ARRAYS])


def _over(kernel: str, matrix: Floats, into: Floats, tables: Sequence[npt.NDArray[Any]]) -> Floats:
    """`into` once the kernel went over all rows, on several threads where they are many."""
    from cordiale.learning import kernels  # noqa: PLC0415 numba takes a second to import

    go, matrix = getattr(kernels, kernel), np.ascontiguousarray(matrix)
    parts = [slice(first, first + _PART) for first in range(0, len(matrix), _PART)]
    if len(parts) == 1:
        go(matrix, into, *tables)
        return into
    with ThreadPoolExecutor(os.cpu_count()) as threads:
        list(threads.map(lambda part: go(matrix[part], into[part], *tables), parts))
    return into


def from_arrays(arrays: Mapping[str, npt.NDArray[Any]]) -> Trees:
    """What `arrays` gave."""
    return Trees(base=float(arrays["base"]), **{name: np.ascontiguousarray(arrays[name]) for name in _ARRAYS})


@dataclass(frozen=True, kw_only=True)
class Settings:
    """How trees grow. `rounds` is the most of them; how many are kept, held-out rows decide.

    `leaves` is at most `masks.LEAVES`.
    """

    loss: Loss = "log_loss"
    rounds: int = 300
    rate: float = 0.05
    leaves: int = 15
    least_rows: int = 20
    ridge: float = 1.0


def fit(
    matrix: Floats,
    target: npt.NDArray[Any],
    settings: Settings,
    seed: int,
    asked: tuple[Floats, npt.NDArray[Any]] | None = None,
) -> Any:
    """scikit-learn's fitted model, of as many trees as `settings` says; fewer where rows `asked` gain no more."""
    from sklearn import ensemble  # noqa: PLC0415 takes a second to import
    from threadpoolctl import threadpool_limits  # noqa: PLC0415

    shape = {
        "max_iter": settings.rounds, "learning_rate": settings.rate, "max_leaf_nodes": settings.leaves,
        "min_samples_leaf": settings.least_rows, "l2_regularization": settings.ridge, "random_state": seed,
        "early_stopping": asked is not None, "n_iter_no_change": PATIENCE,
    }  # fmt: skip
    if settings.loss == "log_loss":
        model = ensemble.HistGradientBoostingClassifier(**shape)
    else:
        model = ensemble.HistGradientBoostingRegressor(loss=settings.loss, **shape)
    threads = None if len(matrix) >= _PART else 1  # on few rows threads only wait for each other
    with threadpool_limits(threads, user_api="openmp"):
        if asked is None:
            return model.fit(matrix, target)
        return model.fit(matrix, target, X_val=asked[0], y_val=asked[1])


def tried(
    matrix: Floats, target: npt.NDArray[Any], held: npt.NDArray[np.bool_], settings: Settings, seed: int
) -> Floats:
    """Scores of the rows `held` out after each tree, shape (trees, rows): as many trees as did them good."""
    model = fit(matrix[~held], target[~held], settings, seed, (matrix[held], target[held]))
    return read(model).staged(matrix[held])


def alike(grids: list[Floats]) -> Floats:
    """What `tried` gave for several parts, side by side: who got fewer trees stays where the last one left him."""
    most = max(len(grid) for grid in grids)
    return np.concatenate([np.pad(grid, ((0, most - len(grid)), (0, 0)), mode="edge") for grid in grids], axis=1)


def read(model: Any) -> Trees:
    """The trees of a fitted scikit-learn model."""
    nodes = [predictor.nodes for (predictor,) in model._predictors]
    roots = np.cumsum([0, *(len(tree) for tree in nodes)])
    merged = np.concatenate(nodes)
    shift = np.repeat(roots[:-1], [len(tree) for tree in nodes])
    is_leaf = merged["is_leaf"].astype(bool)
    left = np.where(is_leaf, -1, merged["left"].astype(np.int64) + shift).astype(np.int32)
    right = np.where(is_leaf, -1, merged["right"].astype(np.int64) + shift).astype(np.int32)
    return Trees(
        base=float(np.asarray(model._baseline_prediction).ravel()[0]),
        roots=roots[:-1].astype(np.int32),
        feature=merged["feature_idx"].astype(np.int32),
        threshold=merged["num_threshold"].astype(np.float64),
        unknown_left=merged["missing_go_to_left"].astype(bool),
        left=left,
        right=right,
        value=_values(merged["value"].astype(np.float64), merged["count"].astype(np.float64), left, right),
    )


def _values(value: Floats, count: Floats, left: npt.NDArray[np.int32], right: npt.NDArray[np.int32]) -> Floats:
    """Values of all nodes; children come after their parent, so one pass from the end fills the inner ones."""
    for node in range(len(value) - 1, -1, -1):
        if left[node] >= 0:
            low, high = left[node], right[node]
            value[node] = (value[low] * count[low] + value[high] * count[high]) / (count[low] + count[high])
    return value
