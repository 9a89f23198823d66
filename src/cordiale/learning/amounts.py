"""How much will they spend: amounts near the truth for each customer, whose sum is right for all.

Boosted trees for the absolute error aim at the median, which lies below the mean where few spend much; trees for the
squared error aim at the mean, and follow the few. Held-out rows choose among the two and their mean, each made to sum
to what was observed by one factor, by the absolute error that is left.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from cordiale.errors import CordialeError
from cordiale.learning import boosting, drivers, encoding, folds, members, storage
from cordiale.learning.boosting import Loss
from cordiale.learning.drivers import Drivers
from cordiale.learning.encoding import Encoding, Floats
from cordiale.learning.members import Members
from cordiale.learning.steadiness import unsteady

KIND = "regressor"
LEAST = 100
"""Rows that are needed at least."""
_SHOWN_ROWS = 20_000
_LOSSES: tuple[Loss, ...] = ("absolute_error", "squared_error")
_BLENDS: dict[str, tuple[Loss, ...]] = {"median": _LOSSES[:1], "mean": _LOSSES[1:], "blend": _LOSSES}


@dataclass(frozen=True, kw_only=True)
class Regressor:
    """A fitted regression of amounts ≥ 0. `facts` tell for the model card how it was fitted."""

    encoding: Encoding
    members: Members
    factor: float
    weight: tuple[float, ...]
    facts: Mapping[str, Any] = field(default_factory=dict)

    def predict(self, features: pa.Table, *, as_of: datetime | None = None) -> Floats:
        """The expected amount of each row, in the unit learned from, never below 0."""
        return np.maximum(0.0, self.factor * members.score(self.members, self.encoding.matrix(features, as_of)))

    def contributions(self, features: pa.Table, *, as_of: datetime | None = None) -> tuple[float, Floats]:
        """Base, and what each feature added to each row: they sum to the amount, or to less than 0 where it is 0."""
        return self._base(), self._contribute(self.encoding.matrix(features, as_of))

    def drivers(self, features: pa.Table, top: int = 3, *, as_of: datetime | None = None) -> Drivers:
        """The features that moved each row's amount most, against the mean row of training."""
        return drivers.strongest(
            self.encoding.matrix(features, as_of), self._contribute,
            features=self.encoding.names(), base=self._base(), top=top,
        )  # fmt: skip

    def importance(self) -> dict[str, float]:
        """Share of each feature in all movements of the amount in training; they sum to 1, largest first."""
        pairs = zip(self.encoding.names(), self.weight, strict=True)
        return dict(sorted(pairs, key=lambda pair: (-pair[1], pair[0])))

    def dump(self) -> bytes:
        """For `learning.load`."""
        head = {
            "kind": KIND, "encoding": self.encoding.as_json(), "members": list(self.members), "factor": self.factor,
            "weight": list(self.weight), "facts": dict(self.facts),
        }  # fmt: skip
        return storage.packed(head, members.arrays(self.members))

    def _base(self) -> float:
        return self.factor * members.mean_score(self.members)

    def _contribute(self, matrix: Floats) -> Floats:
        columns = self.factor * members.contributions(self.members, matrix)
        return drivers.by_feature(columns, self.encoding.owners(), len(self.encoding.features))


def unpacked(head: Mapping[str, Any], arrays: Mapping[str, npt.NDArray[Any]]) -> Regressor:
    """What `Regressor.dump` wrote."""
    return Regressor(
        encoding=encoding.from_json(head["encoding"]),
        members=members.from_arrays(head["members"], arrays),
        factor=head["factor"],
        weight=tuple(head["weight"]),
        facts=head["facts"],
    )


def fit_regressor(
    features: pa.Table,
    amount: npt.NDArray[Any],
    *,
    as_of: datetime | None = None,
    groups: npt.NDArray[np.int64] | None = None,
    days: npt.NDArray[np.int64] | None = None,
    current: pa.Table | None = None,
    like: Regressor | None = None,
    seed: int = 0,
) -> Regressor:
    """Learn each row's amount; arguments as for `fit_classifier`. Raises CordialeError where there is too little."""
    target = _amounts(features, amount)
    left_out = []
    if current is not None:
        left_out = unsteady(features, current, as_of=as_of, groups=groups, days=days)
    learned = encoding.learn(features.drop_columns(left_out), as_of)
    matrix = learned.matrix(features, as_of)
    order_keys = folds.keys(matrix, target, seed)
    order = np.argsort(order_keys, kind="stable")
    matrix, target = matrix[order], target[order]
    if like is None:
        fold = folds.assign(order_keys[order], target > 0, None if groups is None else np.asarray(groups)[order])
        chosen = _choose(matrix, target, fold, seed)
    else:
        chosen = _as_chosen(like)
    fitted: dict[str, members.Member] = {
        loss: boosting.read(boosting.fit(matrix, target, _settings(loss, rounds), seed))
        for loss, rounds in chosen.rounds.items()
    }
    columns = chosen.factor * members.contributions(fitted, matrix[:_SHOWN_ROWS])
    facts = {
        "method": chosen.method, "rows": len(target), "held_out": chosen.held_out, "errors": dict(chosen.errors),
        "seed": seed, "rounds": dict(chosen.rounds), "left_out": left_out,
    }  # fmt: skip
    return Regressor(
        encoding=learned, members=fitted, factor=chosen.factor, facts=facts,
        weight=drivers.shares(drivers.by_feature(columns, learned.owners(), len(learned.features))),
    )  # fmt: skip


@dataclass(frozen=True, kw_only=True)
class _Chosen:
    """What held-out rows chose: the losses with their trees, and the factor; with how many rows and what errors."""

    method: str
    rounds: Mapping[Loss, int]
    factor: float
    held_out: int
    errors: Mapping[str, float]


def _as_chosen(model: Regressor) -> _Chosen:
    told = model.facts
    return _Chosen(
        method=told["method"], rounds=told["rounds"], factor=model.factor, held_out=told["held_out"],
        errors=told["errors"],
    )  # fmt: skip


def _choose(matrix: Floats, target: Floats, fold: npt.NDArray[np.intp], seed: int) -> _Chosen:
    asked, grids = _try(matrix, target, fold, seed)
    rounds = {loss: int(np.argmin([_error(row, asked) for row in grid])) for loss, grid in grids.items()}
    held = {loss: grids[loss][rounds[loss]] for loss in _LOSSES}
    blends = {name: np.mean([held[loss] for loss in losses], axis=0) for name, losses in _BLENDS.items()}
    errors = {name: _error(blended, asked) for name, blended in blends.items()}
    method = min(errors, key=lambda name: errors[name])
    return _Chosen(
        method=method, rounds={loss: rounds[loss] + 1 for loss in _BLENDS[method]},
        factor=_factor(blends[method], asked), held_out=len(asked), errors=errors,
    )  # fmt: skip


def _amounts(features: pa.Table, amount: npt.NDArray[Any]) -> Floats:
    target = np.asarray(amount, np.float64)
    if target.shape != (features.num_rows,):
        raise CordialeError(f"{features.num_rows} rows of features need as many amounts, not {target.shape}")
    if len(target) < LEAST or not np.isfinite(target).all() or target.sum() <= 0:
        raise CordialeError(
            f"{len(target)} amounts with the sum {target.sum():g}: at least {LEAST} known amounts are needed,"
            " some above 0; take a longer period or more customers"
        )
    return target


def _settings(loss: Loss, rounds: int = 300) -> boosting.Settings:
    return boosting.Settings(loss=loss, rounds=rounds)


def _try(matrix: Floats, target: Floats, fold: npt.NDArray[np.intp], seed: int) -> tuple[Floats, dict[Loss, Floats]]:
    """Amounts of held-out rows, and what each loss gave them after each round."""
    parts = [held for held in folds.held_out(fold) if held.any() and not held.all()]
    grids = {
        loss: boosting.alike([boosting.tried(matrix, target, held, _settings(loss), seed) for held in parts])
        for loss in _LOSSES
    }
    return np.concatenate([target[held] for held in parts]), grids


def _factor(score: Floats, target: Floats) -> float:
    """What makes the amounts sum to those observed."""
    return float(target.sum() / max(np.maximum(score, 0).sum(), 1e-12))


def _error(score: Floats, target: Floats) -> float:
    """Mean absolute error once the sum is right."""
    return float(np.abs(np.maximum(score, 0) * _factor(score, target) - target).mean())
