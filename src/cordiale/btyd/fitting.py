"""Fit a model of repeat purchases to a summary, and ask it what a customer will do.

Sources: Fader, Hardie, Lee 2005 ("Counting your customers the easy way"), Fader & Hardie's notes 008, 009, 019 and 021.
Times go in and come out in the unit of the summary, however long that is.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from cordiale.btyd.bgnbd import BgNbd, MbgNbd
from cordiale.btyd.model import Model, Parameters
from cordiale.btyd.nbd import Nbd
from cordiale.btyd.optimum import Score, maximise
from cordiale.btyd.pareto import ParetoNbd
from cordiale.btyd.parts import filled
from cordiale.btyd.summary import Floats, Integers, Numbers, Summary, checked, grid
from cordiale.errors import CordialeError

MODELS: Mapping[str, Model] = {model.name: model for model in (BgNbd(), MbgNbd(), ParetoNbd(), Nbd())}
_ROUGH = 50_000


@dataclass(frozen=True)
class Fit:
    """A fitted model. `height` is the log-likelihood of the `customers` it was fitted to.

    `errors` are standard errors of `parameters`, all None where the data do not tell the parameters apart: predictions
    hold, single parameters mean nothing (where nobody ever leaves, any a and b with a / b near 0 will do). `problem` is
    empty when the search settled; otherwise it says what is wrong, and predictions are not to be relied on.
    """

    model: str
    parameters: tuple[float, ...]
    errors: tuple[float | None, ...]
    height: float
    customers: float
    problem: str = ""

    @property
    def names(self) -> tuple[str, ...]:
        """The names of the parameters."""
        return self._model.parameters

    @property
    def converged(self) -> bool:
        """Whether the search settled, on data that can tell."""
        return not self.problem

    @property
    def _model(self) -> Model:
        return MODELS[self.model]

    def expected(self, t: Numbers, x: Numbers, t_x: Numbers, T: Numbers) -> Floats:
        """Purchases expected in the next `t` of customers with these histories; never below 0."""
        x, t_x, T = _rows(x, t_x, T)
        if_alive = _by_pairs(lambda x, T, t: self._model.expected_if_alive(self.parameters, t, x, T), _ahead(t), x, T)
        return np.maximum(if_alive * self.alive(x, t_x, T), 0.0)

    def discounted(
        self,
        horizon: float,
        x: Numbers,
        t_x: Numbers,
        T: Numbers,
        *,
        factor: float,
        step: float,
    ) -> Floats:
        """Purchases expected until `horizon`, each weighed by `factor` to the power of the time until it.

        Counted in steps of `step`, those of a step weighed as if made in its middle.
        """
        if not (np.isfinite(horizon) and horizon > 0 and step > 0 and factor > 0):
            raise CordialeError("a horizon must be finite and above 0, as must the step and the factor")
        x, t_x, T = _rows(x, t_x, T)
        borders = np.append(np.arange(0.0, horizon, step), horizon)
        weights = factor ** ((borders[:-1] + borders[1:]) / 2)

        def summed(x: Integers, T: Floats, _: Floats) -> Floats:
            until = [self._model.expected_if_alive(self.parameters, np.full(x.shape, t), x, T) for t in borders]
            return np.asarray(weights @ np.diff(np.array(until), axis=0))

        worth = _by_pairs(summed, np.asarray(horizon), x, T) * self.alive(x, t_x, T)
        return np.maximum(worth, 0.0, out=worth)

    def expected_new(self, t: Numbers) -> Floats:
        """Repeat purchases expected in the first `t` after somebody's first purchase."""
        t = _ahead(t)
        never = np.zeros(t.shape, dtype=np.int64)
        return self.expected(t, never, 0.0, 0.0)

    def expected_cumulative(self, t: Numbers, starts: Numbers) -> Floats:
        """Repeat purchases expected from time 0 until each `t`, of customers whose first purchase was at `starts`."""
        until = _ahead(t)
        begun, many = np.unique(np.asarray(starts, dtype=np.float64), return_counts=True)
        known = np.maximum(until[..., None] - begun, 0.0)
        return np.asarray(self.expected_new(known.ravel()).reshape(known.shape) @ many)

    def alive(self, x: Numbers, t_x: Numbers, T: Numbers) -> Floats:
        """The probability that customers with these histories have not left for good."""
        x, t_x, T = _rows(x, t_x, T)
        return _filled(lambda x, t_x, T: self._model.alive(self.parameters, x, t_x, T), x, t_x, T)

    def probability_of_purchase(self, t: Numbers, x: Numbers, t_x: Numbers, T: Numbers) -> Floats:
        """The probability of at least one purchase in the next `t`: 1 - P(X(t) = 0 | history)."""
        x, t_x, T = _rows(x, t_x, T)
        if_alive = _by_pairs(lambda x, T, t: self._model.purchase_if_alive(self.parameters, t, x, T), _ahead(t), x, T)
        return np.asarray(np.clip(if_alive * self.alive(x, t_x, T), 0.0, 1.0))

    def next_purchase(self, x: Numbers, t_x: Numbers, T: Numbers, *, chance: float = 0.5) -> Floats:
        """The time from now until a purchase has happened with probability `chance` (half: the median).

        Infinite where it never will: the customer may have left, or leaves first.
        """
        if not 0.0 < chance < 1.0:
            raise CordialeError("chance must lie between 0 and 1, both left out")
        x, t_x, T = _rows(x, t_x, T)

        def wait(x: Integers, t_x: Floats, T: Floats) -> Floats:
            alive = self._model.alive(self.parameters, x, t_x, T)
            needed = np.divide(chance, alive, out=np.full(alive.shape, np.inf), where=alive > chance)
            return self._model.wait(self.parameters, needed, x, T)

        return _filled(wait, x, t_x, T)

    def log_likelihood(self, summary: Summary) -> float:
        """The log-likelihood of other customers, or of the same ones later, under these parameters."""
        return self._model.score(self.parameters, summary)[0]

    def to_dict(self) -> dict[str, Any]:
        """What JSON can hold of it; `from_dict` makes the same fit of it again."""
        return {
            "model": self.model, "parameters": list(self.parameters), "errors": list(self.errors),
            "height": self.height, "customers": self.customers, "problem": self.problem,
        }  # fmt: skip

    @classmethod
    def from_dict(cls, kept: Mapping[str, Any]) -> Fit:
        """The fit that `to_dict` wrote."""
        return cls(**{**kept, "parameters": tuple(kept["parameters"]), "errors": tuple(kept["errors"])})


def fit(summary: Summary, model: str = "bg/nbd") -> Fit:
    """The parameters of highest likelihood: "bg/nbd", "mbg/nbd", "pareto/nbd" or "nbd". Raises CordialeError else.

    Standard errors are those of the inverse Hessian over log parameters, carried to the parameters (delta method).
    """
    if model not in MODELS:
        raise CordialeError(f"no model is called {model!r}: choose from {', '.join(MODELS)}")
    family = MODELS[model]
    unit = float(summary.T @ summary.count) / summary.customers or 1.0
    units = np.array([unit if name in family.times else 1.0 for name in family.parameters])
    starts = [np.log(np.asarray(start) * units) for start in family.starts()]
    rough = summary.sample(_ROUGH) if summary.x.size > 2 * _ROUGH else summary
    found = maximise(starts, _score(family, rough), _score(family, summary))
    parameters = np.exp(found.place)
    errors = found.errors(summary.customers)
    return Fit(
        model=model,
        parameters=tuple(parameters.tolist()),
        errors=tuple(None if e is None else float(e * p) for e, p in zip(errors, parameters, strict=True)),
        height=found.height * summary.customers,
        customers=summary.customers,
        problem=found.problem
        or ("" if summary.x.any() else "nobody bought a second time, so nothing is known of when"),
    )


def _score(family: Model, summary: Summary) -> Score:
    customers = summary.customers

    def score(place: Floats) -> tuple[float, Floats]:
        parameters: Parameters = np.exp(place).tolist()
        height, slope = family.score(parameters, summary)
        return height / customers, slope * np.asarray(parameters) / customers

    return score


def _rows(x: Numbers, t_x: Numbers, T: Numbers) -> tuple[Integers, Floats, Floats]:
    x, t_x, T = checked(x, t_x, T)
    return np.ravel(x), np.ravel(t_x), np.ravel(T)


def _ahead(t: Numbers) -> Floats:
    ahead = np.asarray(t, dtype=np.float64)
    if not bool((np.isfinite(ahead) & (ahead >= 0)).all()):
        raise CordialeError("t must be a time ahead: finite and not below 0")
    return ahead


def _filled(work: Callable[..., Floats], *rows: Any) -> Floats:
    """`work` on whole columns, a part at a time."""

    def part(chosen: slice) -> Floats:
        return work(rows[0][chosen], *(row[chosen].astype(np.float64) for row in rows[1:]))

    return filled(rows[0].size, part)


def _by_pairs(work: Callable[..., Floats], t: Floats, x: Integers, T: Floats) -> Floats:
    """`work(x, T, t)` for each row; where all rows look equally far ahead, once for each different (x, T)."""
    if t.ndim or x.size < 1000:
        return _filled(work, *np.broadcast_arrays(x, T, t))
    steps, (places,) = grid(T)
    pair = x.astype(np.int64) * steps.size + places
    cells = (int(x.max()) + 1) * steps.size
    if cells > 4 * x.size + 1_000_000:
        different, place = np.unique(pair, return_inverse=True)
        return _pairs(work, different, steps, t)[place]
    present = np.zeros(cells, dtype=bool)
    present[pair] = True
    different = np.flatnonzero(present)
    table = np.empty(cells)
    table[different] = _pairs(work, different, steps, t)
    return np.asarray(table[pair])


def _pairs(work: Callable[..., Floats], different: Integers, steps: Floats, t: Floats) -> Floats:
    x, T = different // steps.size, steps[different % steps.size]
    return _filled(work, x, T, np.broadcast_to(t, x.shape))
