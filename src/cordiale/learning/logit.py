"""Logistic regression on ranks, with a ridge: what is robust on small and skewed data.

Each figure becomes its mid-rank among the rows of training (−1 the lowest, 1 the highest; the same value, the same
rank), so amounts with long tails need no transformation and no outlier leads. Unknown figures take the middle and a
flag of their own.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from cordiale.learning.encoding import Floats

KNOTS = 256
_FEW = 50_000
"""Fewer rows are multiplied on one thread: others would wait for each other longer than they work."""
STRENGTHS = (0.003, 0.01, 0.03, 0.1, 0.3, 1.0)
"""Inverse penalties tried, as scikit-learn's C: held-out rows choose."""


@dataclass(frozen=True, kw_only=True)
class Ranks:
    """The ranks of each column: `value[starts[j]:starts[j + 1]]` are known figures, rising, `rank` theirs."""

    starts: npt.NDArray[np.int32]
    value: Floats
    rank: Floats
    flagged: npt.NDArray[np.int32]
    """Columns where some row of training was unknown: each has a flag after the ranks."""

    def design(self, matrix: Floats) -> Floats:
        """Ranks of each column, then the flags of unknown ones; shape (rows, columns + flags)."""
        columns = len(self.starts) - 1
        placed = np.empty((len(matrix), columns + len(self.flagged)))
        for column in range(columns):
            part = slice(self.starts[column], self.starts[column + 1])
            figures = matrix[:, column]
            ranked = np.interp(figures, self.value[part], self.rank[part])
            placed[:, column] = np.where(np.isnan(figures), 0.0, ranked)
        placed[:, columns:] = np.isnan(matrix[:, self.flagged])
        return placed

    def owners(self) -> npt.NDArray[np.intp]:
        """For each column of the design, the column of the matrix it comes from."""
        return np.concatenate([np.arange(len(self.starts) - 1), self.flagged]).astype(np.intp)


def ranks(matrix: Floats) -> Ranks:
    """The ranks of a matrix's columns, at most KNOTS kept of each."""
    found = [_ranked(column[~np.isnan(column)]) for column in matrix.T]
    return Ranks(
        starts=np.cumsum([0, *(len(value) for value, _ in found)]).astype(np.int32),
        value=np.concatenate([value for value, _ in found]),
        rank=np.concatenate([rank for _, rank in found]),
        flagged=np.flatnonzero(np.isnan(matrix).any(axis=0)).astype(np.int32),
    )


def _ranked(known: Floats) -> tuple[Floats, Floats]:
    value, count = np.unique(known, return_counts=True)
    if not len(value):
        return np.zeros(1), np.zeros(1)
    upto = np.cumsum(count)
    rank = (2 * upto - count) / upto[-1] - 1
    if len(value) > KNOTS:
        kept = np.unique(np.searchsorted(rank, np.linspace(rank[0], rank[-1], KNOTS)))
        value, rank = value[kept], rank[kept]
    return value, rank


@dataclass(frozen=True, kw_only=True)
class Logit:
    """Log-odds = intercept + weights · (design − centre), the centre being the mean row of training."""

    ranks: Ranks
    weights: Floats
    centre: Floats
    intercept: float

    def score(self, matrix: Floats) -> Floats:
        """The log-odds of each row."""
        scored: Floats = (self.ranks.design(matrix) - self.centre) @ self.weights + self.intercept
        return scored

    def contributions(self, matrix: Floats) -> Floats:
        """What each column added to the log-odds of each row, exactly; with `mean_score` they sum to the score."""
        parts = (self.ranks.design(matrix) - self.centre) * self.weights
        columns = len(self.ranks.starts) - 1
        moved = parts[:, :columns].copy()
        moved[:, self.ranks.flagged] += parts[:, columns:]
        return moved

    def mean_score(self) -> float:
        """The score of the mean row."""
        return self.intercept

    def arrays(self) -> dict[str, npt.NDArray[Any]]:
        """For `from_arrays`."""
        ranked = {name: getattr(self.ranks, name) for name in ("starts", "value", "rank", "flagged")}
        return {**ranked, "weights": self.weights, "centre": self.centre, "intercept": np.array(self.intercept)}


def from_arrays(arrays: Mapping[str, npt.NDArray[Any]]) -> Logit:
    """What `arrays` gave."""
    ranked = Ranks(**{name: arrays[name] for name in ("starts", "value", "rank", "flagged")})
    return Logit(ranks=ranked, weights=arrays["weights"], centre=arrays["centre"], intercept=float(arrays["intercept"]))


def fit(matrix: Floats, label: npt.NDArray[np.bool_], strengths: Sequence[float]) -> list[Logit]:
    """For each strength, the penalised maximum of likelihood; the penalty leaves the intercept alone."""
    from sklearn.linear_model import LogisticRegression  # noqa: PLC0415 takes a second to import
    from threadpoolctl import threadpool_limits  # noqa: PLC0415

    ranked = ranks(matrix)
    design = ranked.design(matrix)
    centre = design.mean(axis=0)
    design -= centre
    model = LogisticRegression(solver="newton-cholesky", tol=1e-8, max_iter=200, warm_start=True)
    fitted = []
    with threadpool_limits(1 if len(design) < _FEW else None, user_api="blas"):
        for strength in strengths:  # each from where the one before ended
            model.set_params(C=strength).fit(design, label)
            weights, intercept = model.coef_[0].copy(), float(model.intercept_[0])
            fitted.append(Logit(ranks=ranked, weights=weights, centre=centre, intercept=intercept))
    return fitted
