"""How good predictions were, beside a simple rule, each with what chance alone could have made of the difference.

Everything is a function of *which* pairs (prediction, outcome) there are, not of their order: ties are counted as if
broken at random, on average.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from cordiale.errors import CordialeError
from cordiale.learning import ranking, resampling
from cordiale.learning.encoding import Floats
from cordiale.learning.resampling import Statistic

BINS, RULE_BINS = 10, 20
_EDGE = 1e-6
_Z = 1.959963984540054
_CLASSIFIER = ("brier", "log_loss", "auc", "average_precision", "lift_10", "lift_1")
_AMOUNTS = ("mae", "rmse")


@dataclass(frozen=True, kw_only=True)
class Measure:
    """A figure of the prediction, the same of the simple rule, and their ratio with its 95 % interval.

    The interval comes from drawing the rows (or whole groups) again with replacement, the same draw for both. The ratio
    is NaN where the rule's figure is 0.
    """

    value: float
    baseline: float
    ratio: float
    low: float
    high: float


@dataclass(frozen=True, kw_only=True)
class Bin:
    """One bin of the reliability curve: `observed` is the share who did, `low`–`high` Wilson's 95 % interval."""

    rows: int
    predicted: float
    observed: float
    low: float
    high: float


@dataclass(frozen=True, kw_only=True)
class Evaluation:
    """How a classifier did on rows it never saw.

    brier: mean of (probability − outcome)², lower is better. log_loss: mean of −ln of the probability given to what
    happened, lower is better (probabilities within 1e-6 of certainty are taken at that distance). The rule, which
    need not be a probability, is read for these two as the share who did in each of 20 bins of its own value on these
    very rows: its best case.
    auc: the chance that one who did ranks above one who did not. average_precision: the mean over those who did, of the
    precision at their rank (Σ (Rₙ − Rₙ₋₁) Pₙ). lift_10, lift_1: the share of *yes* in the top 10 % and 1 %, divided by
    that of all. mean_ratio: mean predicted / share observed, with its own 95 % interval; the rule has none.
    """

    rows: int
    positives: int
    brier: Measure
    log_loss: Measure
    auc: Measure
    average_precision: Measure
    lift_10: Measure
    lift_1: Measure
    mean_ratio: tuple[float, float, float]
    reliability: tuple[Bin, ...]


@dataclass(frozen=True, kw_only=True)
class AmountEvaluation:
    """How a regression did on rows it never saw.

    mae: mean |predicted − observed|; rmse: √ mean (predicted − observed)²; both in the unit of the amounts, lower is
    better. mean_ratio: mean predicted / mean observed, with its 95 % interval; baseline_mean_ratio: the rule's.
    """

    rows: int
    mae: Measure
    rmse: Measure
    mean_ratio: tuple[float, float, float]
    baseline_mean_ratio: float


def evaluate(
    prediction: npt.ArrayLike,
    outcome: npt.ArrayLike,
    baseline: npt.ArrayLike,
    *,
    groups: npt.ArrayLike | None = None,
    resamples: int = resampling.RESAMPLES,
    seed: int = 0,
) -> Evaluation:
    """Judge probabilities against what happened and a simple rule, any score that grows with the chance.

    `groups`: rows drawn together (the customer, where one has several rows). Raises CordialeError where a value is
    missing, or everyone or nobody did.
    """
    chance, truth, rule = _aligned(prediction, outcome, baseline)
    if chance.min() < 0 or chance.max() > 1:
        raise CordialeError("probabilities lie between 0 and 1; give those of predict()")
    truth = (truth > 0).astype(np.float64)
    positives = int(truth.sum())
    if positives in (0, len(truth)):
        raise CordialeError(f"{positives} of {len(truth)} did: nothing to tell apart; take a longer period to judge on")
    (chance, truth, rule), block = resampling.arranged((chance, truth, rule), groups)
    sides = (_judge(chance, chance, truth), _judge(rule, _in_bins(rule, truth), truth))
    measures = _compared(sides, _CLASSIFIER, block, resamples, seed)
    mean_ratio = _mean_ratio(chance, truth, block, resamples, seed)
    return Evaluation(
        rows=len(truth), positives=positives, mean_ratio=mean_ratio, reliability=reliability(chance, truth), **measures
    )


def evaluate_amounts(
    prediction: npt.ArrayLike,
    outcome: npt.ArrayLike,
    baseline: npt.ArrayLike,
    *,
    groups: npt.ArrayLike | None = None,
    resamples: int = resampling.RESAMPLES,
    seed: int = 0,
) -> AmountEvaluation:
    """Judge amounts against what was observed and a simple rule in the same unit."""
    amount, truth, rule = _aligned(prediction, outcome, baseline)
    if not truth.sum() > 0:
        raise CordialeError("the amounts observed sum to nothing; take a longer period to judge on")
    (amount, truth, rule), block = resampling.arranged((amount, truth, rule), groups)
    measures = _compared((_errors(amount - truth), _errors(rule - truth)), _AMOUNTS, block, resamples, seed)
    return AmountEvaluation(
        rows=len(truth),
        mean_ratio=_mean_ratio(amount, truth, block, resamples, seed),
        baseline_mean_ratio=float(rule.sum() / truth.sum()),
        **measures,
    )


def reliability(prediction: npt.ArrayLike, outcome: npt.ArrayLike) -> tuple[Bin, ...]:
    """At most ten bins of as many rows each, equal predictions in one bin, by rising prediction."""
    chance, truth = np.asarray(prediction, np.float64), np.asarray(outcome, np.float64)
    place = _bins(chance, BINS)
    rows = np.bincount(place)
    predicted, observed = np.bincount(place, chance) / rows, np.bincount(place, truth) / rows
    low, high = wilson(observed, rows)
    return tuple(
        Bin(rows=int(many), predicted=float(mean), observed=float(share), low=float(below), high=float(above))
        for many, mean, share, below, above in zip(rows, predicted, observed, low, high, strict=True)
    )


def wilson(share: Floats, rows: npt.NDArray[Any]) -> tuple[Floats, Floats]:
    """Wilson's 95 % interval (1927) of shares seen in so many rows."""
    spread = _Z**2 / rows
    middle = (share + spread / 2) / (1 + spread)
    reach = _Z / (1 + spread) * np.sqrt(share * (1 - share) / rows + spread / (4 * rows))
    return np.maximum(0.0, middle - reach), np.minimum(1.0, middle + reach)


def _aligned(*columns: npt.ArrayLike) -> tuple[Floats, ...]:
    read = tuple(np.asarray(column, np.float64) for column in columns)
    if len({column.shape for column in read}) != 1 or read[0].ndim != 1 or not len(read[0]):
        raise CordialeError("predictions, outcomes and the rule need one value a row each, of at least one row")
    if not all(np.isfinite(column).all() for column in read):
        raise CordialeError("a prediction, an outcome or the rule has unknown values; leave out those rows")
    return read


def _judge(score: Floats, chance: Floats, truth: Floats) -> Statistic:
    """All measures of one side, in the order of `_CLASSIFIER`, under weights."""
    squared, surprise, ranked = (chance - truth) ** 2, _surprise(chance, truth), ranking.of(score, truth)

    def judged(weight: Floats) -> Floats:
        runs = ranked.runs(weight)
        means = [float(weight @ losses / weight.sum()) for losses in (squared, surprise)]
        orders = [
            ranking.auc(*runs),
            ranking.average_precision(*runs),
            *(ranking.lift(*runs, top) for top in (0.1, 0.01)),
        ]
        return np.array([*means, *orders])

    return judged


def _errors(error: Floats) -> Statistic:
    """Mean absolute and root mean square error under weights."""

    def judged(weight: Floats) -> Floats:
        total = weight.sum()
        return np.array([weight @ np.abs(error) / total, np.sqrt(weight @ error**2 / total)])

    return judged


def _compared(
    sides: tuple[Statistic, Statistic], names: tuple[str, ...], block: npt.NDArray[np.intp], resamples: int, seed: int
) -> dict[str, Measure]:
    ours, theirs = (side(np.ones(len(block))) for side in sides)
    low, high = resampling.intervals(
        lambda weight: _divided(sides[0](weight), sides[1](weight)), block, resamples, seed
    )
    rows = zip(names, ours, theirs, _divided(ours, theirs), low, high, strict=True)
    return {
        name: Measure(value=float(value), baseline=float(rule), ratio=float(ratio), low=float(below), high=float(above))
        for name, value, rule, ratio, below, above in rows
    }


def _mean_ratio(
    predicted: Floats, observed: Floats, block: npt.NDArray[np.intp], resamples: int, seed: int
) -> tuple[float, float, float]:
    low, high = resampling.intervals(
        lambda weight: _divided(np.array([weight @ predicted]), np.array([weight @ observed])), block, resamples, seed
    )
    return float(predicted.sum() / observed.sum()), float(low[0]), float(high[0])


def _divided(above: Floats, below: Floats) -> Floats:
    return np.asarray(np.divide(above, below, out=np.full(len(above), np.nan), where=below != 0))


def _surprise(chance: Floats, truth: Floats) -> Floats:
    kept = np.clip(chance, _EDGE, 1 - _EDGE)
    return np.asarray(-np.log(np.where(truth > 0, kept, 1 - kept)))


def _in_bins(score: Floats, truth: Floats) -> Floats:
    """The share who did in each row's bin of the score."""
    place = _bins(score, RULE_BINS)
    return np.asarray((np.bincount(place, truth) / np.bincount(place))[place])


def _bins(score: Floats, bins: int) -> npt.NDArray[np.intp]:
    """The bin of each row by rising score: as many rows in each as ties allow, none empty."""
    edges = np.unique(np.quantile(score, np.arange(1, bins) / bins, method="inverted_cdf"))
    return np.unique(np.searchsorted(edges, score, side="left"), return_inverse=True)[1].astype(np.intp)
