"""What customers are worth: the margin of the purchases still expected, in money of today."""

from __future__ import annotations

import numpy as np

from cordiale.btyd.fitting import Fit
from cordiale.btyd.summary import Floats, Numbers
from cordiale.errors import CordialeError

DAYS_A_YEAR = 365.25


def value(
    purchases: Fit,
    x: Numbers,
    t_x: Numbers,
    T: Numbers,
    *,
    mean_value: Numbers,
    horizon: float,
    margin: float = 1.0,
    yearly_discount: float = 0.0,
    days_a_unit: float = 1.0,
) -> Floats:
    """Expected margin over the next `horizon` (in the fit's unit of time), discounted to today.

    `mean_value` is what a purchase of each customer is expected to be worth (`GammaGamma.expected_mean`); `margin` the
    share of it that is earned. A purchase after d days counts 1 / (1 + yearly_discount)^(d / 365.25), a month's at its
    middle. `days_a_unit` is the length of the fit's unit: 1 for days, 7 for weeks.
    """
    if yearly_discount <= -1.0 or days_a_unit <= 0.0:
        raise CordialeError("yearly_discount must be above -1, and a unit of time longer than nothing")
    rate = (1.0 + yearly_discount) ** (-days_a_unit / DAYS_A_YEAR)
    discounted = purchases.discounted(horizon, x, t_x, T, factor=rate, step=DAYS_A_YEAR / 12 / days_a_unit)
    return np.asarray(discounted * np.asarray(mean_value) * margin)
