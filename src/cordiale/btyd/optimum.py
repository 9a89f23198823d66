"""The parameters at which a likelihood is highest, searched for in their logarithms, with exact gradients."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TypeAlias

import numpy as np
from scipy import optimize

from cordiale.btyd.summary import Floats

Score: TypeAlias = Callable[[Floats], tuple[float, Floats]]
"""Log parameters → mean log-likelihood of a customer, and its gradient by the log parameters."""

_BOUND = 14.0
_TOLERANCE = 1e-8
_STEP = 1e-4
_FLAT = 1e-9
_HALVINGS = 30


@dataclass(frozen=True)
class Optimum:
    """Where the search ended; `curvature` is minus the Hessian of a customer. `problem` is empty when it settled."""

    place: Floats
    height: float
    curvature: Floats
    problem: str

    def errors(self, customers: float) -> list[float | None]:
        """Standard errors of the log parameters; None where the data do not tell all of them apart (a flat ridge)."""
        if np.linalg.eigvalsh(self.curvature).min() <= _FLAT:
            return [None] * self.place.size
        variances = np.diag(np.linalg.inv(self.curvature)) / customers
        return [float(np.sqrt(variance)) for variance in variances]


def maximise(starts: Sequence[Floats], rough: Score, score: Score) -> Optimum:
    """The highest place of `score`. `rough` is the same on fewer customers (or itself): it tells where to look.

    From every start the rough one is climbed by L-BFGS-B; from the best of these places Newton steps with the rough
    curvature climb the whole, which takes three or four looks at all customers.
    """
    begin = max((_climbed(rough, start) for start in starts), key=lambda found: found[1])[0]
    place, height, slope = _newton(begin, score, _curvature(rough, begin))
    curvature = _curvature(score, place)
    if np.abs(slope).max() > _TOLERANCE:
        place, height, slope = _newton(place, score, curvature)
        curvature = _curvature(score, place)
    return Optimum(place, height, curvature, _problem(place, slope))


def _climbed(score: Score, start: Floats) -> tuple[Floats, float]:
    def fall(place: Floats) -> tuple[float, Floats]:
        height, slope = score(place)
        return -height, -slope

    bounds = [(first - _BOUND, first + _BOUND) for first in start]
    found = optimize.minimize(
        fall, start, jac=True, method="L-BFGS-B", bounds=bounds, options={"gtol": 1e-6, "ftol": 1e-13, "maxiter": 500}
    )
    return found.x, -float(found.fun)


def _newton(place: Floats, score: Score, curvature: Floats) -> tuple[Floats, float, Floats]:
    """Steps against a constant curvature until the slope is flat or no step climbs any more."""
    height, slope = score(place)
    for _ in range(50):
        if np.abs(slope).max() <= _TOLERANCE:
            break
        step = _direction(curvature, slope)
        for halving in range(_HALVINGS):
            tried = place + step / 2**halving
            new_height, new_slope = score(tried)
            if new_height > height:
                break
        else:
            break
        place, height, slope = tried, new_height, new_slope
    return place, height, slope


def _direction(curvature: Floats, slope: Floats) -> Floats:
    """Newton's step, at most one in each direction, upwards even where the curvature is not that of a maximum."""
    values, vectors = np.linalg.eigh(curvature)
    bent = np.maximum(np.abs(values), 1e-9)
    return np.asarray(vectors @ np.clip((vectors.T @ slope) / bent, -1.0, 1.0))


def _curvature(score: Score, place: Floats) -> Floats:
    """Minus the Hessian: central differences of the exact gradient."""
    rows = []
    for number in range(place.size):
        step = np.zeros(place.size)
        step[number] = _STEP
        rows.append((score(place - step)[1] - score(place + step)[1]) / (2 * _STEP))
    matrix = np.array(rows)
    return np.asarray((matrix + matrix.T) / 2)


def _problem(place: Floats, slope: Floats) -> str:
    if not np.isfinite(place).all() or np.abs(slope).max() > 1e-5:
        return "the search did not settle: the slope is not flat where it ended"
    return ""
