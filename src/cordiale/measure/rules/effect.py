"""What a programme changed: treated minus control, with intervals that say how sure that is.

Every function is pure. An outcome is one number a customer (0 or 1, orders, or money) and one flag: treated or
control. Sources, by the name used below:

- CUPED: Deng, Xu, Kohavi, Walker, "Improving the sensitivity of online controlled experiments by utilizing
  pre-experiment data", WSDM 2013.
- Welch: B. L. Welch, Biometrika 34 (1947), with the degrees of freedom of Satterthwaite (1946).
- Moderated variance: G. K. Smyth, Statistical Applications in Genetics and Molecular Biology 3 (2004), here with a
  fixed prior. Why: `docs/decisions/0004-control-groups-and-intervals.md`.
- Always valid: Waudby-Smith, Arbour, Sinha, Kennedy, Ramdas, "Time-uniform central limit theory and asymptotic
  confidence sequences", Annals of Statistics 52 (2024).
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from math import log, sqrt

import numpy as np
from numpy.typing import NDArray

from cordiale.measure.rules import shares
from cordiale.measure.rules.interval import LEVEL, Interval

Floats = NDArray[np.float64]
Flags = NDArray[np.bool_]

MIN_CUSTOMERS = 10
"""Fewer customers than this in either group: not measurable yet. With 10 to 20 held back of 100 to 200, thousands of
simulated programmes without effect gave 3.4 to 5.9 % false alarms, no more than larger groups do."""
MIN_EVENTS = 5
"""Fewer customers with an outcome than this to be *expected* in the smaller group, from the share over both groups:
not measurable yet. Expected, not found: a gate on what control happened to do would itself select lucky draws."""
MIN_FOR_MEANS = 30
"""A yes/no outcome is treated as a mean (and adjusted) from this many *yes* and *no* in both groups on."""
MIN_REDUCTION = 0.01
"""A covariate that takes away less variance than this share is left out: it would bring noise, not precision."""
PRIOR = 200
"""Each group's variance is moved towards the common one as if this many more customers had been seen. A tenth of the
panel held back gives small control groups; a small sample of skewed spend misses the large orders, and plain Welch
then finds effects that are not there twice as often as it says, nearly all in the programme's favour."""
TUNED_FOR = 1000
"""Customers (both groups) at which the always-valid interval is tightest. Fixed beforehand: tuning it to the data
that it judges would void its promise."""


class Unit(StrEnum):
    """What an outcome is counted in, per customer."""

    SHARE = "share"
    ORDERS = "orders"
    MONEY = "money"


class Reason(StrEnum):
    """Why an effect is not measurable yet."""

    NO_CUSTOMERS = "no customers"
    NO_CONTROL = "no control"
    FEW_CUSTOMERS = "few customers"
    FEW_EVENTS = "few events"


@dataclass(frozen=True, kw_only=True)
class Group:
    """One side of the comparison: customers, how many of them have an outcome, and the plain mean a customer."""

    customers: int
    events: int
    mean: float


@dataclass(frozen=True, kw_only=True)
class NotMeasurable:
    """Too little to say anything: the reason, never a number that looks like a result."""

    unit: Unit
    treated: Group
    control: Group
    reason: Reason


@dataclass(frozen=True, kw_only=True)
class Effect:
    """Treated minus control, in `unit` a customer.

    `once` holds for a single look (95 %); `often` holds for all looks together, however many. `reduction` is the share
    of the variance that past behaviour explained away (0 when not adjusted), `deviation` the standard deviation a
    customer of what is left. `lift` is the difference over control's mean, None where that is not positive.
    """

    unit: Unit
    treated: Group
    control: Group
    difference: float
    once: Interval
    often: Interval
    reduction: float
    deviation: float
    lift: float | None


Comparison = Effect | NotMeasurable


@dataclass(frozen=True, kw_only=True)
class Spread:
    """A difference of two means, its standard error, Satterthwaite's degrees of freedom, the deviation a customer."""

    difference: float
    error: float
    freedom: float
    deviation: float


def compare(outcome: Floats, treated: Flags, covariates: Floats, *, unit: Unit) -> Comparison:
    """The effect on `outcome` (n) given the `treated` flags (n) and `covariates` (n × k, from before the contact)."""
    ours, theirs = _group(outcome[treated]), _group(outcome[~treated])
    if (reason := _too_little(ours, theirs)) is not None:
        return NotMeasurable(unit=unit, treated=ours, control=theirs, reason=reason)
    few = unit is Unit.SHARE and min(_rarer(ours), _rarer(theirs)) < MIN_FOR_MEANS
    adjusted, reduction = (outcome, 0.0) if few else adjust(outcome, treated, covariates)
    found = spread(adjusted[treated], adjusted[~treated])
    once = shares.newcombe(ours.events, ours.customers, theirs.events, theirs.customers) if few else welch(found)
    return Effect(
        unit=unit,
        treated=ours,
        control=theirs,
        difference=found.difference,
        once=once,
        often=always_valid(found, ours.customers + theirs.customers).around(once),
        reduction=reduction,
        deviation=found.deviation,
        lift=found.difference / theirs.mean if theirs.mean > 0 else None,
    )


def adjust(outcome: Floats, treated: Flags, covariates: Floats) -> tuple[Floats, float]:
    """CUPED: `outcome` less what the covariates foretold, and the share of the difference's variance that this removed.

    Theta is the pooled within-group least-squares coefficient, so a true effect does not leak into it. Columns without
    spread count for nothing. Where the variance does not fall by `MIN_REDUCTION`, the outcome comes back as it was:
    an adjustment never widens the interval.
    """
    inside = _centred(covariates, treated)
    scale = np.sqrt((inside**2).mean(axis=0))
    usable = scale > 1e-12
    if not usable.any():
        return outcome, 0.0
    theta = np.linalg.lstsq(inside[:, usable] / scale[usable], _centred(outcome, treated), rcond=None)[0]
    centre = covariates[:, usable].mean(axis=0)
    adjusted = outcome - ((covariates[:, usable] - centre) / scale[usable]) @ theta
    before = spread(outcome[treated], outcome[~treated]).error ** 2
    after = spread(adjusted[treated], adjusted[~treated]).error ** 2
    reduction = 1 - after / before if before > 0 else 0.0
    return (adjusted, reduction) if reduction >= MIN_REDUCTION else (outcome, 0.0)


def spread(ours: Floats, theirs: Floats, *, prior: float = PRIOR) -> Spread:
    """Difference of the means of two groups of at least two customers; `prior` = 0 gives plain Welch."""
    first, second = float(ours.var(ddof=1)), float(theirs.var(ddof=1))
    common = ((len(ours) - 1) * first + (len(theirs) - 1) * second) / (len(ours) + len(theirs) - 2)
    parts = [
        ((size * variance + prior * common) / (size + prior) / size, size - 1 + prior)
        for size, variance in ((len(ours), first), (len(theirs), second))
    ]
    total = sum(part for part, _ in parts)
    return Spread(
        difference=float(ours.mean() - theirs.mean()),
        error=sqrt(total),
        freedom=total**2 / sum(part**2 / freedom for part, freedom in parts) if total else 1.0,
        deviation=sqrt(total / (1 / len(ours) + 1 / len(theirs))),
    )


def welch(found: Spread) -> Interval:
    """Welch's interval for one look."""
    from scipy.special import stdtrit  # noqa: PLC0415 - a third of every command's start, for this one figure

    reach = float(stdtrit(found.freedom, (1 + LEVEL) / 2)) * found.error
    return Interval(low=found.difference - reach, high=found.difference + reach)


def always_valid(found: Spread, customers: int) -> Interval:
    """The asymptotic confidence sequence of Waudby-Smith et al. at `customers` (both groups together).

    With n customers the radius is error · √((nρ²+1)/(nρ²) · 2·ln(√(nρ²+1)/α)), where α = 5 % and
    ρ² = (−2·ln α + ln(−2·ln α) + 1)/`TUNED_FOR`. All intervals of one programme, at whatever instants one looks, hold
    together with 95 % (asymptotically: from the gate on). At `TUNED_FOR` customers it is 1.55 times as wide as a
    single look's.
    """
    alpha = 1 - LEVEL
    scaled = customers * (-2 * log(alpha) + log(-2 * log(alpha)) + 1) / TUNED_FOR
    radius = found.error * sqrt((scaled + 1) / scaled * 2 * log(sqrt(scaled + 1) / alpha))
    return Interval(low=found.difference - radius, high=found.difference + radius)


def _group(outcome: Floats) -> Group:
    size = len(outcome)
    return Group(customers=size, events=int(np.count_nonzero(outcome)), mean=float(outcome.mean()) if size else 0.0)


def _too_little(ours: Group, theirs: Group) -> Reason | None:
    if ours.customers == 0:
        return Reason.NO_CUSTOMERS
    if theirs.customers == 0:
        return Reason.NO_CONTROL
    smaller = min(ours.customers, theirs.customers)
    if smaller < MIN_CUSTOMERS:
        return Reason.FEW_CUSTOMERS
    expected = (ours.events + theirs.events) * smaller / (ours.customers + theirs.customers)
    return Reason.FEW_EVENTS if expected < MIN_EVENTS else None


def _rarer(group: Group) -> int:
    """How often the rarer of yes and no occurs."""
    return min(group.events, group.customers - group.events)


def _centred(values: Floats, treated: Flags) -> Floats:
    centred = np.array(values, dtype=np.float64)
    centred[treated] -= centred[treated].mean(axis=0)
    centred[~treated] -= centred[~treated].mean(axis=0)
    return centred
