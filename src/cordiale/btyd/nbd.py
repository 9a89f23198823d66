"""NBD (Ehrenberg 1959): everyone buys at a steady rate of his own, Gamma over customers, and nobody ever leaves."""

from __future__ import annotations

import numpy as np
from scipy import special

from cordiale.btyd.model import Model, Parameters
from cordiale.btyd.parts import each_part
from cordiale.btyd.summary import Floats, Integers, Summary


def no_purchase(r: float, alpha: float, t: Floats, x: Integers, T: Floats) -> Floats:
    """The logarithm of the probability of none in the next t, for who goes on at his rate."""
    return np.asarray((r + x) * np.log((alpha + T) / (alpha + T + t)))


def wait_at_rate(r: float, alpha: float, chance: Floats, x: Integers, T: Floats) -> Floats:
    """The time until a purchase has this chance, for who goes on at his rate; infinite from 1 on."""
    with np.errstate(divide="ignore", over="ignore"):
        return np.asarray((alpha + T) * np.expm1(-np.log1p(-np.minimum(chance, 1.0)) / (r + x)))


class Nbd(Model):
    """r, alpha: shape and rate (a time) of the Gamma of purchase rates."""

    name = "nbd"
    parameters = ("r", "alpha")
    times = ("alpha",)

    def starts(self) -> list[Parameters]:
        return [(0.5, 0.5)]

    def score(self, parameters: Parameters, summary: Summary) -> tuple[float, Floats]:
        r = parameters[0]
        levels, many = summary.levels
        total = sum(each_part(summary.x.size, lambda part: _sums(parameters, summary, part)), np.zeros(3))
        height = total[0] + many @ (special.gammaln(r + levels) - special.gammaln(r))
        by_r = total[1] + many @ (special.digamma(r + levels) - special.digamma(r))
        return float(height), np.array([by_r, total[2]])

    def log_likelihood(self, parameters: Parameters, x: Integers, t_x: Floats, T: Floats) -> Floats:
        r, alpha = parameters
        return np.asarray(special.gammaln(r + x) - special.gammaln(r) - r * np.log1p(T / alpha) - x * np.log(alpha + T))

    def alive(self, parameters: Parameters, x: Integers, t_x: Floats, T: Floats) -> Floats:
        return np.ones(x.shape)

    def expected_if_alive(self, parameters: Parameters, t: Floats, x: Integers, T: Floats) -> Floats:
        r, alpha = parameters
        return np.asarray(t * (r + x) / (alpha + T))

    def purchase_if_alive(self, parameters: Parameters, t: Floats, x: Integers, T: Floats) -> Floats:
        return -np.expm1(no_purchase(parameters[0], parameters[1], t, x, T))

    def wait(self, parameters: Parameters, chance: Floats, x: Integers, T: Floats) -> Floats:
        return wait_at_rate(parameters[0], parameters[1], chance, x, T)


def _sums(parameters: Parameters, summary: Summary, part: slice) -> Floats:
    """What depends on T, of a part: log-likelihood and its gradient."""
    r, alpha = parameters
    x, T, count = summary.x[part], summary.T[part], summary.count[part]
    known = np.log1p(T / alpha)
    height = -(r + x) * known - x * np.log(alpha)
    return np.array([count @ height, -count @ known, count @ (r / alpha - (r + x) / (alpha + T))])
