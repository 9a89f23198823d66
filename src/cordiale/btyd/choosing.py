"""Which model tells best what customers do after the day it was fitted on."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from cordiale.btyd.fitting import MODELS, Fit, fit
from cordiale.btyd.summary import Summary
from cordiale.errors import CordialeError


@dataclass(frozen=True)
class Choice:
    """The chosen model, fitted to the calibration alone, and each model's held-out log-likelihood."""

    best: Fit
    held_out: Mapping[str, float]
    fits: Mapping[str, Fit]


def choose(calibration: Summary, whole: Summary, models: Sequence[str] = tuple(MODELS)) -> Choice:
    """The model with the highest held-out likelihood; among those whose fit settled, if any did.

    `calibration` is the base as known on a past day, `whole` the same customers as known now: their repeat purchases,
    the last of them and T all reach to now, time counted from the first purchase as before. The held-out likelihood is
    the density of the purchases made in between (how many, and when), given each customer's history until then: log
    L(whole) - log L(calibration), both with parameters of the calibration alone. It is a proper score: on average
    nothing but the truth gets more.
    """
    if calibration.customers != whole.customers or whole.x @ whole.count < calibration.x @ calibration.count:
        raise CordialeError("both summaries must tell of the same customers, the second one of a later day")
    fits = {name: fit(calibration, name) for name in models}
    held_out = {name: one.log_likelihood(whole) - one.log_likelihood(calibration) for name, one in fits.items()}
    settled = [name for name in fits if fits[name].converged] or list(fits)
    return Choice(fits[max(settled, key=lambda name: held_out[name])], held_out, fits)
