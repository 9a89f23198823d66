"""Intervals for shares of customers that stay right at small counts.

Wilson (1927) for one share; Newcombe's hybrid score interval, method 10 of "Interval estimation for the difference
between independent proportions", Statistics in Medicine 17 (1998), for a difference. Unlike Wald's they never leave
[0, 1] (or [−1, 1]) and do not collapse to nothing at 0 or 100 %.
"""

from __future__ import annotations

from math import sqrt
from statistics import NormalDist

from cordiale.measure.rules.interval import LEVEL, Interval

Z = NormalDist().inv_cdf((1 + LEVEL) / 2)


def wilson(yes: int, customers: int) -> Interval:
    """Wilson's interval for a share `yes` / `customers`; the whole of [0, 1] when nobody was asked."""
    if customers == 0:
        return Interval(low=0.0, high=1.0)
    share, square = yes / customers, Z * Z / customers
    centre = (share + square / 2) / (1 + square)
    reach = Z * sqrt(share * (1 - share) / customers + square / (4 * customers)) / (1 + square)
    return Interval(low=max(0.0, centre - reach), high=min(1.0, centre + reach))


def newcombe(yes: int, customers: int, control_yes: int, control_customers: int) -> Interval:
    """The interval of treated share minus control share, both groups of at least one customer."""
    ours, theirs = wilson(yes, customers), wilson(control_yes, control_customers)
    share, control_share = yes / customers, control_yes / control_customers
    difference = share - control_share
    below = sqrt((share - ours.low) ** 2 + (theirs.high - control_share) ** 2)
    above = sqrt((ours.high - share) ** 2 + (control_share - theirs.low) ** 2)
    return Interval(low=difference - below, high=difference + above)
