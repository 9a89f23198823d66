"""A Markov chain of stages: fitted on the moves of past months, and carried forward with its uncertainty.

Arrays are in the order of `ORIGINS` (rows: the stages, then people not known before) and `TARGETS` (columns: the
stages, then people no longer known). Units are customers and months.

Months differ more than chance alone would have them, the more visibly the larger the base. So the shares of each row
are taken to vary from month to month around their mean (Dirichlet), by as much as the past months did: a moment
estimate of the intra-class correlation `rho` from Pearson's statistic (as for the beta-binomial: Williams 1982,
Applied Statistics 31, 144-148). Without it intervals at a million customers would be absurdly narrow.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from cordiale.insight.rules.lifecycle import STAGES

NEW, GONE = "new", "gone"
ORIGINS = (*STAGES, NEW)
TARGETS = (*STAGES, GONE)
SIZE = len(STAGES)
NOMINAL = 0.8
"""The share of outcomes that intervals are meant to hold."""
DRAWS = 2000
SEED = 4_021
INFLOW_MONTHS = 3
"""How many of the last months tell how many new customers come: the first ones of a base bring everybody it had."""
_PRIOR = 1.0
"""Pseudo-customers a row starts with: half of it stays where it is, the rest goes evenly everywhere."""
_RHO_LIMIT = 0.5

Counts = npt.NDArray[np.int64]
Floats = npt.NDArray[np.float64]


@dataclass(frozen=True, kw_only=True)
class Chain:
    """A fitted chain. `shares` (8 by 8): where people of each origin went. `strength`: how surely, in customers.

    `rho`: how much months differ beyond chance. `inflow`: new customers a month over the last few, and their variance.
    """

    shares: Floats
    strength: Floats
    rho: Floats
    inflow: float
    inflow_variance: float
    inflow_months: int


@dataclass(frozen=True, kw_only=True)
class Path:
    """Sizes foretold, one row a month ahead and one column a stage: expected, and the bounds of the interval."""

    expected: Floats
    low: Floats
    high: Floats


def fit(counts: Counts) -> Chain:
    """The chain behind the moves of some months: `counts[m, i, j]` went from origin i to target j in month m."""
    totals = counts.sum(axis=0).astype(float)
    prior = _prior()
    shares = (totals + prior) / (totals + prior).sum(axis=1, keepdims=True)
    rho = np.array([_rho(counts[:, row, :].astype(float)) for row in range(len(ORIGINS))])
    inflow = counts[-INFLOW_MONTHS:, SIZE, :].sum(axis=1).astype(float)
    variance = float(inflow.var(ddof=1)) if len(inflow) > 1 else float(inflow.mean())
    return Chain(shares=shares, strength=_strength(counts.sum(axis=2).astype(float), rho), rho=rho,
                 inflow=float(inflow.mean()), inflow_variance=variance, inflow_months=len(inflow))  # fmt: skip


def carry(chain: Chain, sizes: Counts, horizon: int, *, draws: int = DRAWS, seed: int = SEED) -> Path:
    """Stage sizes for 1 to `horizon` months ahead. The same data and seed give the same intervals."""
    tail = (1 - NOMINAL) / 2
    drawn = simulate(chain, sizes, horizon, np.random.default_rng(seed), draws)
    low, high = np.quantile(drawn, [tail, 1 - tail], axis=0)
    return Path(expected=expected(chain, sizes, horizon), low=low, high=high)


def expected(chain: Chain, sizes: Counts, horizon: int) -> Floats:
    """The mean sizes for 1 to `horizon` months ahead."""
    rows, now = [], sizes.astype(float)
    for _month in range(horizon):
        now = now @ chain.shares[:SIZE, :SIZE] + chain.inflow * chain.shares[SIZE, :SIZE]
        rows.append(now)
    return np.array(rows)


def simulate(chain: Chain, sizes: Counts, horizon: int, random: np.random.Generator, draws: int) -> Counts:
    """Sizes drawn (draws by horizon by stage): unknown shares, months that differ, and chance each take part."""
    means = [_dirichlet(random, np.tile(row * chain.strength[place], (draws, 1)), row)
             for place, row in enumerate(chain.shares)]  # fmt: skip
    pace = _paces(chain, random, draws)
    now = np.tile(sizes.astype(np.int64), (draws, 1))
    found = np.empty((draws, horizon, SIZE), dtype=np.int64)
    for month in range(horizon):
        people = np.column_stack([now, _arrivals(chain, pace, random)])
        now = np.zeros((draws, SIZE), dtype=np.int64)
        for place, mean in enumerate(means):
            shares = _varied(random, mean, chain.rho[place])
            now += random.multinomial(people[:, place], shares)[:, :SIZE]
        found[:, month] = now
    return found


def _prior() -> Floats:
    prior = np.full((len(ORIGINS), len(TARGETS)), _PRIOR / 2 / len(TARGETS))
    prior[range(SIZE), range(SIZE)] += _PRIOR / 2
    prior[SIZE] = [*np.full(SIZE, _PRIOR / SIZE), 0.0]  # who is new and gone in one month was never seen
    return prior


def _rho(months: Floats) -> float:
    """How much the shares of one row differ between months beyond chance: 0 (not at all) to 0.5."""
    seen = months[months.sum(axis=1) > 1]
    sizes, shares = seen.sum(axis=1), seen.sum(axis=0)
    kept = shares > 0
    if len(seen) < 2 or kept.sum() < 2:
        return 0.0
    fair = np.outer(sizes, shares[kept] / shares.sum())
    pearson = ((seen[:, kept] - fair) ** 2 / fair).sum()
    freedom = (len(seen) - 1) * (kept.sum() - 1)
    typical = (sizes.sum() - (sizes**2).sum() / sizes.sum()) / (len(seen) - 1)
    return float(np.clip((pearson / freedom - 1) / max(typical - 1, 1.0), 0.0, _RHO_LIMIT))


def _strength(sizes: Floats, rho: Floats) -> Floats:
    """The Dirichlet strength whose variance is that of the estimated shares (`sizes`: months by origin)."""
    noise = (sizes * (1 + np.maximum(sizes - 1, 0) * rho)).sum(axis=0)
    total = sizes.sum(axis=0)
    worth = np.divide(total**2, noise, out=np.zeros_like(total), where=noise > 0)
    return np.asarray(np.maximum(worth - 1, 0) + _PRIOR)


def _paces(chain: Chain, random: np.random.Generator, draws: int) -> Floats:
    """The mean inflow a month, as uncertain as so many months leave it."""
    mean = max(chain.inflow, 0.5 / chain.inflow_months)
    variance = max(chain.inflow_variance, mean) / chain.inflow_months
    return random.gamma(mean**2 / variance, variance / mean, draws)


def _arrivals(chain: Chain, pace: Floats, random: np.random.Generator) -> Counts:
    """New customers of one month: Poisson, or wider where past months differed by more."""
    excess = (chain.inflow_variance - chain.inflow) / chain.inflow**2 if chain.inflow else 0.0
    if excess <= 0:
        return random.poisson(pace)
    return random.poisson(random.gamma(1 / excess, pace * excess))


def _varied(random: np.random.Generator, mean: Floats, rho: float) -> Floats:
    return _dirichlet(random, mean * (1 - rho) / rho, mean) if rho > 0 else mean


def _dirichlet(random: np.random.Generator, weights: Floats, instead: Floats) -> Floats:
    """One draw a row; `instead` where the weights are so small that nothing but zeros comes out."""
    drawn = random.standard_gamma(weights)
    total = drawn.sum(axis=1, keepdims=True)
    return np.where(total > 0, drawn / np.where(total > 0, total, 1.0), instead)
