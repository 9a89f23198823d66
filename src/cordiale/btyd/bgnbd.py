"""BG/NBD (Fader, Hardie, Lee 2005) and MBG/NBD (Batislam et al. 2007): one may leave for good after each purchase.

A customer buys at a rate of his own (Gamma over customers) and leaves after a purchase with a chance of his own (Beta).
In BG/NBD leaving is possible after repeat purchases only, so who bought once is alive for certain; in MBG/NBD after the
first one too. With s chances to leave so far, s = x or x + 1, all formulas are the same.
"""

from __future__ import annotations

from typing import ClassVar

import numpy as np
from scipy import special

from cordiale.btyd.model import Model, Parameters
from cordiale.btyd.nbd import no_purchase, wait_at_rate
from cordiale.btyd.parts import each_part
from cordiale.btyd.summary import Floats, Integers, Summary

_NEAR_ONE = 1e-4


class BgNbd(Model):
    """r, alpha: shape and rate (a time) of the Gamma of purchase rates; a, b: the Beta of the chance to leave."""

    name = "bg/nbd"
    parameters = ("r", "alpha", "a", "b")
    times = ("alpha",)
    leaves_after_the_first: ClassVar[int] = 0

    def starts(self) -> list[Parameters]:
        return [(0.5, 0.3, 1.0, 2.5), (1.0, 0.3, 0.2, 1.0)]

    def score(self, parameters: Parameters, summary: Summary) -> tuple[float, Floats]:
        r, _, a, b = parameters
        levels, many = summary.levels
        s = levels + self.leaves_after_the_first
        by_ab = special.digamma(a + b) - special.digamma(a + b + s)
        by_b = by_ab + special.digamma(b + s) - special.digamma(b)
        height = many @ (special.gammaln(r + levels) - special.gammaln(r) + _stayed(a, b, s))
        total = sum(each_part(summary.x.size, lambda part: self._sums(parameters, summary, part)), np.zeros(5))
        height += total[0]
        by_r = many @ (special.digamma(r + levels) - special.digamma(r)) + total[1]
        return float(height), np.array([by_r, total[2], many @ by_ab + total[3], many @ by_b + total[4]])

    def _sums(self, parameters: Parameters, summary: Summary, part: slice) -> Floats:
        """What depends on times, of a part: log-likelihood and its gradient by r, alpha, a, b."""
        r, alpha, a, b = parameters
        x, t_x, T, count = summary.x[part], summary.t_x[part], summary.T[part], summary.count[part]
        s = x + self.leaves_after_the_first
        slower = np.log((alpha + T) / (alpha + t_x))
        odds = self._log_odds_of_having_left(parameters, x, slower)
        left = count * special.expit(odds)
        known = np.log1p(T / alpha)
        by_known = 1.0 / (alpha + T)
        height = np.logaddexp(0.0, odds) - (r + x) * known - x * np.log(alpha)
        by_alpha = count @ (r / alpha - (r + x) * by_known) + left @ ((r + x) * (by_known - 1.0 / (alpha + t_x)))
        by_b = -left @ (1.0 / np.where(s == 0, np.inf, b + s - 1))
        return np.array([count @ height, left @ slower - count @ known, by_alpha, left.sum() / a, by_b])

    def _log_odds_of_having_left(self, parameters: Parameters, x: Integers, slower: Floats) -> Floats:
        r, _, a, b = parameters
        s = x + self.leaves_after_the_first
        odds = (r + x) * slower
        odds += np.log(a / np.where(s == 0, 1.0, b + s - 1))
        odds[s == 0] = -np.inf
        return odds

    def log_likelihood(self, parameters: Parameters, x: Integers, t_x: Floats, T: Floats) -> Floats:
        r, alpha, a, b = parameters
        s = x + self.leaves_after_the_first
        odds = self._log_odds_of_having_left(parameters, x, np.log((alpha + T) / (alpha + t_x)))
        rate = special.gammaln(r + x) - special.gammaln(r) - r * np.log1p(T / alpha) - x * np.log(alpha + T)
        return np.asarray(rate + _stayed(a, b, s) + np.logaddexp(0.0, odds))

    def alive(self, parameters: Parameters, x: Integers, t_x: Floats, T: Floats) -> Floats:
        alpha = parameters[1]
        odds = self._log_odds_of_having_left(parameters, x, np.log((alpha + T) / (alpha + t_x)))
        return np.asarray(special.expit(-odds))

    def expected_if_alive(self, parameters: Parameters, t: Floats, x: Integers, T: Floats) -> Floats:
        r, alpha, a, b = parameters
        if abs(a - 1.0) >= _NEAR_ONE:
            return self._expected(r, alpha, a, b, t, x, T)
        below, above = (self._expected(r, alpha, 1.0 + sign * _NEAR_ONE, b, t, x, T) for sign in (-1, 1))
        return below + (a - 1.0 + _NEAR_ONE) / (2 * _NEAR_ONE) * (above - below)

    def _expected(self, r: float, alpha: float, a: float, b: float, t: Floats, x: Integers, T: Floats) -> Floats:
        """The published formula after Euler's transformation of ₂F₁, which keeps it finite however large x is."""
        m = self.leaves_after_the_first
        ahead = t / (alpha + T + t)
        series = special.hyp2f1(a + b + m - 1 - r, a - 1, a + b + m + x - 1, ahead)
        return np.asarray((a + b + m + x - 1) / (a - 1) * (1.0 - (1.0 - ahead) ** (a - 1) * series))

    def purchase_if_alive(self, parameters: Parameters, t: Floats, x: Integers, T: Floats) -> Floats:
        return -np.expm1(no_purchase(parameters[0], parameters[1], t, x, T))

    def wait(self, parameters: Parameters, chance: Floats, x: Integers, T: Floats) -> Floats:
        return wait_at_rate(parameters[0], parameters[1], chance, x, T)


class MbgNbd(BgNbd):
    """As BG/NBD, but one may leave after the first purchase too."""

    name = "mbg/nbd"
    leaves_after_the_first = 1


def _stayed(a: float, b: float, s: Integers) -> Floats:
    """log B(a, b + s) / B(a, b): the chance to have stayed s times."""
    return np.asarray(special.gammaln(b + s) - special.gammaln(b) - special.gammaln(a + b + s) + special.gammaln(a + b))
