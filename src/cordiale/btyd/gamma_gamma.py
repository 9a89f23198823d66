"""Gamma-Gamma (Fader & Hardie, note 025): what a purchase is worth, given what earlier ones were worth.

Purchases of a customer scatter around a mean of his own, which scatters over customers; how much one spends is taken as
independent of how often one buys. `correlation` tells how far that holds. Values are in any currency, above 0.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import numpy as np
from scipy import special

from cordiale.btyd.optimum import Score, maximise
from cordiale.btyd.parts import each_part, filled
from cordiale.btyd.summary import Floats, Integers, Numbers
from cordiale.errors import CordialeError

MOST_CORRELATED = 0.3
"""From this correlation between frequency and value on, the independence the model rests on does not hold."""
_ROUGH = 50_000


@dataclass(frozen=True)
class GammaGamma:
    """A fitted model: p, q and v (in the currency); `errors` are their standard errors, None where data do not tell.

    `height` is the log-likelihood of the `customers` it was fitted to; `correlation` is that of x and mean value among
    them (NaN where all are alike). `problem` is empty when the search settled.
    """

    p: float
    q: float
    v: float
    errors: tuple[float | None, ...]
    height: float
    customers: int
    correlation: float
    problem: str = ""

    @property
    def is_independent(self) -> bool:
        """Whether frequency and value go together little enough for the model."""
        return not abs(self.correlation) >= MOST_CORRELATED

    def expected_mean(self, x: Numbers, mean_value: Numbers) -> Floats:
        """What a purchase is worth on average, of who made `x` worth `mean_value` each; the base's mean for x = 0.

        The x must count the purchases `mean_value` is the mean of. Infinite where nothing is known and q ≤ 1.
        """
        x, mean_value = (np.ravel(values) for values in np.broadcast_arrays(x, mean_value))

        def part(chosen: slice) -> Floats:
            many = x[chosen].astype(np.float64)
            spent = np.where(many > 0, mean_value[chosen], 0.0) * many
            below = self.p * many + self.q - 1.0
            worth = self.p * (self.v + spent)
            return np.asarray(np.divide(worth, below, out=np.full(many.shape, np.inf), where=below > 0))

        return filled(x.size, part)

    def to_dict(self) -> dict[str, Any]:
        """What JSON can hold of it; `from_dict` makes the same of it again."""
        correlation = None if np.isnan(self.correlation) else self.correlation
        return {
            "p": self.p, "q": self.q, "v": self.v, "errors": list(self.errors), "height": self.height,
            "customers": self.customers, "correlation": correlation, "problem": self.problem,
        }  # fmt: skip

    @classmethod
    def from_dict(cls, kept: Mapping[str, Any]) -> GammaGamma:
        """What `to_dict` wrote."""
        correlation = float("nan") if kept["correlation"] is None else kept["correlation"]
        return cls(**{**kept, "errors": tuple(kept["errors"]), "correlation": correlation})


def fit_gamma_gamma(x: Numbers, mean_value: Numbers) -> GammaGamma:
    """The parameters of highest likelihood over customers with x ≥ 1 purchases worth `mean_value` > 0 on average.

    Rows with x = 0 or a value of 0 or less say nothing and are left out. Raises CordialeError when none is left.
    """
    x, spent = _spending(np.asarray(x), np.asarray(mean_value))
    unit = float(spent.sum() / x.sum())
    spent /= unit
    stride = max(x.size // _ROUGH, 1)
    rough = slice(None) if stride == 1 else slice(None, None, stride)
    found = maximise([np.log([2.0, 3.0, 1.5])], _score(x[rough], spent[rough]), _score(x, spent))
    p, q, v = np.exp(found.place).tolist()
    errors = zip(found.errors(x.size), (p, q, v * unit), strict=True)
    return GammaGamma(
        p=p,
        q=q,
        v=v * unit,
        errors=tuple(None if error is None else error * parameter for error, parameter in errors),
        height=found.height * x.size - x.size * float(np.log(unit)),
        customers=x.size,
        correlation=_correlation(x, spent),
        problem=found.problem,
    )


def _spending(x: Any, mean_value: Any) -> tuple[Integers, Floats]:
    """Of those who tell something: how many purchases, and what they were worth together."""
    if x.shape != mean_value.shape or x.ndim != 1:
        raise CordialeError("x and mean_value must be columns of one length")
    told = (x > 0) & (mean_value > 0) & np.isfinite(mean_value)
    if not told.any():
        raise CordialeError("nobody made a repeat purchase worth more than 0; values cannot be learned")
    x, spent = x[told], mean_value[told].astype(np.float64)
    if x.dtype.kind not in "iu":
        if bool((x != np.rint(x)).any()):
            raise CordialeError("x must hold whole numbers: it counts purchases")
        x = x.astype(np.int64)
    spent *= x
    return x, spent


def _score(x: Integers, spent: Floats) -> Score:
    """Of the terms only those in log(spent + v) need every customer, and they depend on v alone: kept by v."""
    levels, many = np.unique(x, return_counts=True)
    k, customers = levels.astype(np.float64), float(x.size)
    of_values = np.sum(each_part(x.size, lambda part: _logs(x[part], spent[part])), axis=0)
    at = lru_cache(maxsize=4)(_sums_at(x, spent))

    def score(place: Floats) -> tuple[float, Floats]:
        p, q, v = np.exp(place).tolist()
        by_purchase, by_customer, slope_purchase, slope_customer = at(v)
        gammas = special.gammaln(p * k + q) - special.gammaln(p * k) - special.gammaln(q)
        height = many @ gammas + customers * q * np.log(v) + p * of_values[0] - of_values[1]
        height -= p * by_purchase + q * by_customer
        digamma = special.digamma(p * k + q)
        by_p = many @ (k * (digamma - special.digamma(p * k))) + of_values[0] - by_purchase
        by_q = many @ (digamma - special.digamma(q)) + customers * np.log(v) - by_customer
        by_v = customers * q / v - p * slope_purchase - q * slope_customer
        return float(height) / customers, np.array([by_p * p, by_q * q, by_v * v]) / customers

    return score


def _logs(x: Integers, spent: Floats) -> Floats:
    """Σ x log(spent) and Σ log(mean value)."""
    logs = np.log(spent)
    return np.array([x @ logs, logs.sum() - np.log(x).sum()])


def _sums_at(x: Integers, spent: Floats) -> Callable[[float], list[float]]:
    def at(v: float) -> list[float]:
        """Σ x log(spent + v), Σ log(spent + v) and their derivatives by v."""

        def part(chosen: slice) -> Floats:
            weights, shifted = x[chosen].astype(np.float64), spent[chosen] + v
            logs, inverse = np.log(shifted), 1.0 / shifted
            return np.array([weights @ logs, logs.sum(), weights @ inverse, inverse.sum()])

        return [float(total) for total in np.sum(each_part(x.size, part), axis=0)]

    return at


def _correlation(x: Integers, spent: Floats) -> float:
    """Pearson's, of purchases and mean value; NaN where one of them is the same for all."""

    def sums(part: slice) -> Floats:
        many, mean = x[part].astype(np.float64), spent[part] / x[part]
        return np.array([many.sum(), mean.sum(), many @ many, mean @ mean, many @ mean])

    many, mean, many_many, mean_mean, many_mean = np.sum(each_part(x.size, sums), axis=0) / x.size
    spread = (many_many - many**2) * (mean_mean - mean**2)
    return float((many_mean - many * mean) / np.sqrt(spread)) if spread > 1e-18 else float("nan")
