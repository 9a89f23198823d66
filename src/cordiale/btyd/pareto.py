"""Pareto/NBD (Schmittlein, Morrison, Colombo 1987): one may leave at any moment, at a rate of one's own.

The likelihood holds the integral, over the moments u in [t_x, T] at which the customer may have left, of
(alpha + u)^-(r+x) (beta + u)^-(s+1). Published as a difference of two ₂F₁, which loses all digits for many purchases,
it is here integrated as it stands. With b the smaller of alpha and beta, the variable is ((b + t_x) / (b + u))^c, where
c is a quarter of how fast the integrand falls at t_x: so the points lie where it is large, and sixteen of Gauss's give
6 digits in the worst of 4000 cases drawn over eight orders of magnitude, 14 in the median one. The gradient comes from
the same points.
"""

from __future__ import annotations

from functools import cache

import numpy as np
from scipy import special

from cordiale.btyd.model import Model, Parameters
from cordiale.btyd.parts import each_part
from cordiale.btyd.summary import Floats, Integers, Summary

_POINTS = 16
_SLOWEST = 0.02
_DOUBLINGS, _BISECTIONS = 200, 60


@cache
def _gauss() -> tuple[Floats, Floats]:
    """Points in (0, 1) and their weights."""
    points, weights = np.polynomial.legendre.leggauss(_POINTS)
    return (points + 1) / 2, weights / 2


class ParetoNbd(Model):
    """r, alpha: shape and rate (a time) of the Gamma of purchase rates; s, beta: of the rates of leaving."""

    name = "pareto/nbd"
    parameters = ("r", "alpha", "s", "beta")
    times = ("alpha", "beta")

    def starts(self) -> list[Parameters]:
        return [(0.5, 0.3, 0.5, 0.3), (1.0, 0.3, 1.0, 2.0)]

    def score(self, parameters: Parameters, summary: Summary) -> tuple[float, Floats]:
        r, alpha, s, beta = parameters
        levels, many = summary.levels
        total = sum(each_part(summary.x.size, lambda part: _sums(parameters, summary, part)), np.zeros(5))
        height = total[0] + many @ (special.gammaln(r + levels) - special.gammaln(r))
        by_r = total[1] + many @ (special.digamma(r + levels) - special.digamma(r) + np.log(alpha))
        customers = summary.customers
        rest = np.array([by_r, customers * r / alpha, customers * np.log(beta), customers * s / beta])
        return float(height), rest + np.array([0.0, *total[2:]])

    def log_likelihood(self, parameters: Parameters, x: Integers, t_x: Floats, T: Floats) -> Floats:
        r, alpha, s, beta = parameters
        constant = special.gammaln(r + x) - special.gammaln(r) + r * np.log(alpha) + s * np.log(beta)
        stayed, left = _stayed(parameters, x, T), _left(parameters, x, t_x, T)[0]
        return np.asarray(constant + np.logaddexp(stayed, left))

    def alive(self, parameters: Parameters, x: Integers, t_x: Floats, T: Floats) -> Floats:
        return np.asarray(special.expit(_stayed(parameters, x, T) - _left(parameters, x, t_x, T)[0]))

    def expected_if_alive(self, parameters: Parameters, t: Floats, x: Integers, T: Floats) -> Floats:
        r, alpha, s, beta = parameters
        ahead = np.log((beta + T + t) / (beta + T))
        years = ahead if s == 1.0 else -np.expm1((1.0 - s) * ahead) / (s - 1.0)
        return np.asarray((r + x) * (beta + T) / (alpha + T) * years)

    def purchase_if_alive(self, parameters: Parameters, t: Floats, x: Integers, T: Floats) -> Floats:
        """Alive at T is a history that ends there with a purchase that nothing is known of but its moment."""
        later = T + t
        stayed, left = _stayed(parameters, x, later), _left(parameters, x, T, later)[0]
        return np.asarray(-np.expm1(np.minimum(np.logaddexp(stayed, left) - _stayed(parameters, x, T), 0.0)))

    def wait(self, parameters: Parameters, chance: Floats, x: Integers, T: Floats) -> Floats:
        """By bisection: a purchase competes with leaving, so its chance has a limit below 1."""
        x, T, chance = np.broadcast_arrays(x, T, chance)
        high = np.full(x.shape, 1e-3) * (parameters[1] + T)
        short = np.ones(x.shape, dtype=bool)
        for _ in range(_DOUBLINGS):
            short = self.purchase_if_alive(parameters, high, x, T) < chance
            if not (short & (high < 1e12)).any():
                break
            high = np.where(short, high * 2, high)
        low = np.zeros(x.shape)
        for _ in range(_BISECTIONS):
            middle = (low + high) / 2
            is_before = self.purchase_if_alive(parameters, middle, x, T) < chance
            low, high = np.where(is_before, middle, low), np.where(is_before, high, middle)
        return np.where(short, np.inf, high)


def _stayed(parameters: Parameters, x: Integers, T: Floats) -> Floats:
    r, alpha, s, beta = parameters
    return np.asarray(-(r + x) * np.log(alpha + T) - s * np.log(beta + T))


def _left(parameters: Parameters, x: Integers, t_x: Floats, T: Floats) -> tuple[Floats, ...]:
    """The logarithm of s times the integral, then under its density the means of what its gradient needs:
    log(alpha + u), log(beta + u), 1 / (alpha + u), 1 / (beta + u)."""
    r, alpha, s, beta = parameters
    base = min(alpha, beta)
    first, first_alpha, first_beta = np.log(base + t_x), np.log(alpha + t_x), np.log(beta + t_x)
    falls = (r + x) * np.exp(first - first_alpha) + (s + 1.0) * np.exp(first - first_beta)
    c = np.maximum((falls - 0.7) / 4.0, _SLOWEST)
    lowest = np.exp(-c * (np.log(base + T) - first))
    sums = [np.zeros(first.shape) for _ in range(5)]
    for point, weight in zip(*_gauss(), strict=True):
        log_y = np.log(lowest + (1.0 - lowest) * point)
        by_base = first - log_y / c
        by_alpha, by_beta = (_shifted(by_base, one - base) for one in (alpha, beta))
        density = weight * np.exp(
            (by_base - first) - log_y - (r + x) * (by_alpha - first_alpha) - (s + 1.0) * (by_beta - first_beta)
        )
        for place, value in enumerate((1.0, by_alpha, by_beta, np.exp(-by_alpha), np.exp(-by_beta))):
            sums[place] += density * value
    with np.errstate(divide="ignore"):
        height = np.log(s / c) + first - (r + x) * first_alpha - (s + 1.0) * first_beta
        height += np.log((1.0 - lowest) * sums[0])
    return height, *(total / sums[0] for total in sums[1:])


def _shifted(logs: Floats, more: float) -> Floats:
    """log(e^logs + more)."""
    return logs if more == 0.0 else logs + np.log1p(more * np.exp(-logs))


def _sums(parameters: Parameters, summary: Summary, part: slice) -> Floats:
    """Of a part: the log-likelihood but for what x and the parameters alone decide, and its gradient."""
    r, alpha, s, beta = parameters
    x, t_x, T, count = summary.x[part], summary.t_x[part], summary.T[part], summary.count[part]
    stayed = _stayed(parameters, x, T)
    left, by_r, by_s, by_alpha, by_beta = _left(parameters, x, t_x, T)
    height = np.logaddexp(stayed, left)
    here, gone = count * special.expit(stayed - left), count * special.expit(left - stayed)
    slope_r = -here @ np.log(alpha + T) - gone @ by_r
    slope_alpha = -here @ ((r + x) / (alpha + T)) - gone @ ((r + x) * by_alpha)
    slope_s = -here @ np.log(beta + T) - gone @ by_s + gone.sum() / s
    slope_beta = -here @ (s / (beta + T)) - (s + 1.0) * (gone @ by_beta)
    constant = r * np.log(alpha) + s * np.log(beta)
    return np.array([count @ (height + constant), slope_r, slope_alpha, slope_s, slope_beta])
