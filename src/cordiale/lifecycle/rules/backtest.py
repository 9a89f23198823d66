"""Was the forecast any good? Past months foretold from what was known before them, against two naive rules."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from cordiale.lifecycle.rules import chain
from cordiale.lifecycle.rules.chain import Counts, Floats

LEAST_MONTHS = 3
"""Months of moves a past forecast is fitted on at least."""
HORIZON = 3
ENOUGH = 4
"""Past forecasts from which on the comparison says something."""
_DRAWS = 1000


@dataclass(frozen=True, kw_only=True)
class Trial:
    """One past forecast: made at the end of month `origin`, looking `ahead` months; arrays have one place a stage."""

    origin: int
    ahead: int
    observed: Counts
    expected: Floats
    low: Floats
    high: Floats
    same: Floats
    drifted: Floats


@dataclass(frozen=True, kw_only=True)
class Verdict:
    """How far off each way was, `ahead` months out, over so many past forecasts (mean absolute error, customers).

    `errors`, `same` and `drifted` have one figure a stage: the model's, those of "as last month" and of "the same
    change as last month". `coverage`: the share of outcomes within the model's interval.
    """

    ahead: int
    forecasts: int
    errors: Floats
    same: Floats
    drifted: Floats
    coverage: float

    @property
    def ratio(self) -> float | None:
        """The model's error over that of the better naive rule, all stages together; None where that had none."""
        naive = min(self.same.sum(), self.drifted.sum())
        return float(self.errors.sum() / naive) if naive else None

    @property
    def is_better(self) -> bool:
        """Does the model beat both naive rules?"""
        return self.ratio is not None and self.ratio < 1


def trials(counts: Counts, sizes: Counts, *, window: int, horizon: int = HORIZON) -> Iterator[Trial]:
    """Every past forecast that can be compared: `sizes[m]` at month end m, `counts[m]` the moves from m to m + 1.

    A forecast made at m uses `counts[:m]` alone, at most the last `window` of them.
    """
    last = len(sizes) - 1
    for origin in range(LEAST_MONTHS, last):
        fitted = chain.fit(counts[max(0, origin - window) : origin])
        ahead = min(horizon, last - origin)
        path = chain.carry(fitted, sizes[origin], ahead, draws=_DRAWS)
        change = (sizes[origin] - sizes[origin - 1]).astype(float)
        for month in range(1, ahead + 1):
            yield Trial(
                origin=origin, ahead=month, observed=sizes[origin + month], expected=path.expected[month - 1],
                low=path.low[month - 1], high=path.high[month - 1], same=sizes[origin].astype(float),
                drifted=np.maximum(sizes[origin] + month * change, 0.0),
            )  # fmt: skip


def judge(found: list[Trial]) -> list[Verdict]:
    """The errors by how many months ahead was looked."""
    return [_verdict(ahead, [one for one in found if one.ahead == ahead]) for ahead in sorted({t.ahead for t in found})]


def _verdict(ahead: int, found: list[Trial]) -> Verdict:
    observed = np.array([one.observed for one in found], dtype=float)

    def error(foretold: list[Floats]) -> Floats:
        return np.asarray(np.abs(np.array(foretold) - observed).mean(axis=0))

    low, high = (np.array([getattr(one, side) for one in found]) for side in ("low", "high"))
    return Verdict(
        ahead=ahead, forecasts=len(found), errors=error([one.expected for one in found]),
        same=error([one.same for one in found]), drifted=error([one.drifted for one in found]),
        coverage=float(((low <= observed) & (observed <= high)).mean()),
    )  # fmt: skip
