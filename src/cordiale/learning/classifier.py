"""Will they or not: probabilities that mean what they say.

Small data is learned by a logit on ranks, large data by boosted trees; between, held-out rows choose among the two and
their mean. The log-odds are then set right by a line fitted on held-out rows (Platt 1999), so that of those given 20 %
one in five did; a line keeps the contributions of features adding up, which steps (isotonic) would not.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from cordiale.errors import CordialeError
from cordiale.learning import boosting, drivers, encoding, folds, logit, members, storage
from cordiale.learning.drivers import Drivers
from cordiale.learning.encoding import Encoding, Floats
from cordiale.learning.members import BOOSTING, LOGIT, Members
from cordiale.learning.steadiness import unsteady

KIND = "classifier"
SMALL, BIG = 5_000, 50_000
"""Below the first number of rows, the logit; from the second on, boosting; between, what held-out rows say."""
LEAST = 20
"""Rows of each answer that are needed at least."""
_SHOWN_ROWS, _NEWTON_STEPS = 20_000, 100
_BLENDS = {LOGIT: (LOGIT,), BOOSTING: (BOOSTING,), "blend": (LOGIT, BOOSTING)}
Labels = npt.NDArray[np.bool_]


@dataclass(frozen=True, kw_only=True)
class Classifier:
    """A fitted classifier. `facts` tell for the model card how it was fitted."""

    encoding: Encoding
    members: Members
    slope: float
    offset: float
    weight: tuple[float, ...]
    facts: Mapping[str, Any] = field(default_factory=dict)

    def predict(self, features: pa.Table, *, as_of: datetime | None = None) -> Floats:
        """The probability of *yes* for each row, in [0, 1]."""
        return self._probability(self.encoding.matrix(features, as_of))

    def contributions(self, features: pa.Table, *, as_of: datetime | None = None) -> tuple[float, Floats]:
        """Base, and what each feature added to each row, shape (rows, features): they sum to the log-odds."""
        return self._base(), self._contribute(self.encoding.matrix(features, as_of))

    def drivers(self, features: pa.Table, top: int = 3, *, as_of: datetime | None = None) -> Drivers:
        """The features that moved each row's log-odds most, against the mean row of training."""
        return drivers.strongest(
            self.encoding.matrix(features, as_of), self._contribute,
            features=self.encoding.names(), base=self._base(), top=top,
        )  # fmt: skip

    def importance(self) -> dict[str, float]:
        """Share of each feature in all movements of log-odds in training; they sum to 1, largest first."""
        pairs = zip(self.encoding.names(), self.weight, strict=True)
        return dict(sorted(pairs, key=lambda pair: (-pair[1], pair[0])))

    def dump(self) -> bytes:
        """For `learning.load`."""
        head = {
            "kind": KIND, "encoding": self.encoding.as_json(), "members": list(self.members), "slope": self.slope,
            "offset": self.offset, "weight": list(self.weight), "facts": dict(self.facts),
        }  # fmt: skip
        return storage.packed(head, members.arrays(self.members))

    def _probability(self, matrix: Floats) -> Floats:
        return sigmoid(self.slope * members.score(self.members, matrix) + self.offset)

    def _base(self) -> float:
        return self.slope * members.mean_score(self.members) + self.offset

    def _contribute(self, matrix: Floats) -> Floats:
        columns = self.slope * members.contributions(self.members, matrix)
        return drivers.by_feature(columns, self.encoding.owners(), len(self.encoding.features))


def unpacked(head: Mapping[str, Any], arrays: Mapping[str, npt.NDArray[Any]]) -> Classifier:
    """What `Classifier.dump` wrote."""
    return Classifier(
        encoding=encoding.from_json(head["encoding"]),
        members=members.from_arrays(head["members"], arrays),
        slope=head["slope"],
        offset=head["offset"],
        weight=tuple(head["weight"]),
        facts=head["facts"],
    )


def fit_classifier(
    features: pa.Table,
    label: npt.NDArray[Any],
    *,
    as_of: datetime | None = None,
    groups: npt.NDArray[np.int64] | None = None,
    days: npt.NDArray[np.int64] | None = None,
    current: pa.Table | None = None,
    like: Classifier | None = None,
    seed: int = 0,
) -> Classifier:
    """Learn to tell rows with `label` true from the others.

    `features`: one row a customer and past day, without ids. `as_of`: when the ages of instants count (several days:
    `ages` each table first). `groups`, `days`: the customer and the day of each row, where there are several days: no
    customer is then judged by himself. `current`: the features of those who will be asked about; what does not mean the
    same there (`steadiness`) is left out. `like`: a model of the same thing learnt a little earlier, whose settings
    and line are kept instead of being asked of held-out rows again. The order of rows changes nothing. Raises
    CordialeError where there is too little to learn from.
    """
    truth = _labels(features, label)
    left_out = []
    if current is not None:
        left_out = unsteady(features, current, as_of=as_of, groups=groups, days=days)
    learned = encoding.learn(features.drop_columns(left_out), as_of)
    matrix = learned.matrix(features, as_of)
    order_keys = folds.keys(matrix, truth.astype(np.float64), seed)
    order = np.argsort(order_keys, kind="stable")
    matrix, truth = matrix[order], truth[order]
    if like is None:
        fold = folds.assign(order_keys[order], truth, None if groups is None else np.asarray(groups)[order])
        chosen = _choose(matrix, truth, fold, seed)
    else:
        chosen = _as_chosen(like)
    fitted = _finish(learned, matrix, truth, chosen, seed)
    return replace(fitted, facts={**fitted.facts, "left_out": left_out})


@dataclass(frozen=True, kw_only=True)
class _Chosen:
    """What held-out rows chose: the members and their settings, the line; and by how many rows with what losses."""

    method: str
    strength: float
    rounds: int
    line: tuple[float, float]
    held_out: int
    losses: Mapping[str, float]


def _as_chosen(model: Classifier) -> _Chosen:
    told = {name: model.facts[name] for name in ("method", "strength", "rounds", "held_out", "losses")}
    return _Chosen(line=(model.slope, model.offset), **told)


def _labels(features: pa.Table, label: npt.NDArray[Any]) -> Labels:
    truth = np.asarray(label)
    if truth.shape != (features.num_rows,):
        raise CordialeError(f"{features.num_rows} rows of features need as many labels, not {truth.shape}")
    truth = truth.astype(bool)
    yes, no = int(truth.sum()), int((~truth).sum())
    if min(yes, no) < LEAST:
        raise CordialeError(
            f"{yes} customers did and {no} did not; at least {LEAST} of each are needed:"
            " take a longer period, more customers or a less rare outcome"
        )
    return truth


def _choose(matrix: Floats, truth: Labels, fold: npt.NDArray[np.intp], seed: int) -> _Chosen:
    """Learn from some folds, ask the others: which settings serve best, then which members."""
    kinds = [LOGIT] if len(truth) < SMALL else [BOOSTING] if len(truth) >= BIG else [LOGIT, BOOSTING]
    parts = [held for held in folds.held_out(fold) if held.any() and 0 < truth[~held].sum() < (~held).sum()]
    asked = truth[np.concatenate([np.flatnonzero(held) for held in parts])]
    odds, place = {}, {}
    for kind in kinds:
        grid = boosting.alike([_grid(kind, matrix, truth, held, seed) for held in parts])
        place[kind] = int(np.argmin([_loss(row, asked) for row in grid]))
        odds[kind] = grid[place[kind]]
    lines, losses = {}, {}
    for name, wanted in _BLENDS.items():
        if all(kind in odds for kind in wanted):
            mean = np.mean([odds[kind] for kind in wanted], axis=0)
            lines[name] = straightened(mean, asked)
            losses[name] = _loss(lines[name][0] * mean + lines[name][1], asked)
    method = min(losses, key=lambda name: losses[name])
    return _Chosen(
        method=method, strength=logit.STRENGTHS[place.get(LOGIT, 0)], rounds=place.get(BOOSTING, 0) + 1,
        line=lines[method], held_out=len(asked), losses=losses,
    )  # fmt: skip


def _grid(kind: str, matrix: Floats, truth: Labels, held: Labels, seed: int) -> Floats:
    """Log-odds of the rows held out, one line for each setting of the member."""
    if kind == LOGIT:
        return np.stack([one.score(matrix[held]) for one in logit.fit(matrix[~held], truth[~held], logit.STRENGTHS)])
    return boosting.tried(matrix, truth, held, boosting.Settings(), seed)


def _finish(learned: Encoding, matrix: Floats, truth: Labels, chosen: _Chosen, seed: int) -> Classifier:
    fitted: dict[str, members.Member] = {}
    if LOGIT in _BLENDS[chosen.method]:
        fitted[LOGIT] = logit.fit(matrix, truth, [chosen.strength])[0]
    if BOOSTING in _BLENDS[chosen.method]:
        settings = boosting.Settings(rounds=chosen.rounds)
        fitted[BOOSTING] = boosting.read(boosting.fit(matrix, truth, settings, seed))
    facts = {
        "method": chosen.method, "rows": len(truth), "positives": int(truth.sum()), "held_out": chosen.held_out,
        "losses": dict(chosen.losses), "strength": chosen.strength, "rounds": chosen.rounds, "seed": seed,
    }  # fmt: skip
    slope, offset = chosen.line
    columns = slope * members.contributions(fitted, matrix[:_SHOWN_ROWS])
    return Classifier(
        encoding=learned, members=fitted, slope=slope, offset=offset, facts=facts,
        weight=drivers.shares(drivers.by_feature(columns, learned.owners(), len(learned.features))),
    )  # fmt: skip


def straightened(odds: Floats, truth: Labels) -> tuple[float, float]:
    """Slope (never below 0) and offset of the likeliest line through log-odds, by Newton's method.

    Answers count as a little less than certain (Platt's targets): rows told apart without fault give a finite line.
    """
    yes, no = float(truth.sum()), float((~truth).sum())
    target = np.where(truth, (yes + 1) / (yes + 2), 1 / (no + 2))
    middle, spread = float(odds.mean()), float(odds.std()) or 1.0
    design = np.stack([(odds - middle) / spread, np.ones(len(odds))])
    line = np.array([0.0, _logit(target.mean())])
    for _ in range(_NEWTON_STEPS):
        chance = sigmoid(line @ design)
        curve = (design * (chance * (1 - chance))) @ design.T + 1e-9 * np.eye(2)
        step = np.clip(np.linalg.solve(curve, design @ (target - chance)), -2, 2)
        line = line + step
        if np.abs(step).max() < 1e-12:
            break
    slope = float(line[0]) / spread
    return (slope, float(line[1]) - slope * middle) if slope > 0 else (0.0, _logit(target.mean()))


def sigmoid(odds: Floats) -> Floats:
    """The probability of log-odds, without overflow."""
    return np.asarray(0.5 * (1 + np.tanh(0.5 * odds)))


def _loss(odds: Floats, truth: Labels) -> float:
    """Mean log loss."""
    return float(np.logaddexp(0, np.where(truth, -odds, odds)).mean())


def _logit(share: Any) -> float:
    return float(np.log(share / (1 - share)))
