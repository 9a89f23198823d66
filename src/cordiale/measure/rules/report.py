"""What a report of a programme says, as plain values."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from cordiale.measure.rules.design import GroupBalance, minimum_detectable
from cordiale.measure.rules.effect import Comparison, Effect, Unit
from cordiale.measure.rules.interval import Interval


class Period(StrEnum):
    """What time a figure is about."""

    SINCE_START = "since the start"
    AT_PRESENT = "at present"
    WINDOW = "within the window after the contact"


class Measure(StrEnum):
    """What a figure is counted in."""

    COUNT = "count"
    NUMBER = "number"
    SHARE = "share"
    MONEY = "money"


@dataclass(frozen=True, kw_only=True)
class Kpi:
    """One figure. `part` and `whole` are its numerator and denominator where it is a quotient.

    `value` is None where there is nothing to divide by, a cost is not known, or no effect is shown. A share's part is
    always some of the whole's own members, so that it cannot exceed 1. `target` is the objective's.
    """

    name: str
    measure: Measure
    period: Period
    value: float | None
    part: float | None = None
    whole: float | None = None
    target: float | None = None
    interval: Interval | None = None


@dataclass(frozen=True, kw_only=True)
class Counts:
    """How many of everything a programme did. Refusals are by rule, exits by reason; `control` is no refusal."""

    enrolled: int
    customers: int
    proposed: int
    sent: int
    control: int
    refused: Mapping[str, int]
    postponed: int
    exited: Mapping[str, int]


@dataclass(frozen=True, kw_only=True)
class Reach:
    """Messages that left us (by channel, handed over or unknown), whom they reached, what ended in unsubscribing."""

    handed_over: int
    unknown: int
    by_channel: Mapping[str, int]
    customers: int
    unsubscribed_messages: int
    unsubscribed_customers: int


@dataclass(frozen=True, kw_only=True)
class Panel:
    """Whom the comparison is about.

    Only customers whose window of `window` has passed at `known_until` (the last order known) are compared;
    `still_open` are waiting, `other_draws` entered under versions with another control share.
    """

    window: timedelta
    known_until: datetime | None
    compared: int
    still_open: int
    other_draws: int
    control_share: float
    balance: GroupBalance


@dataclass(frozen=True, kw_only=True)
class Outcome:
    """The effect on one metric."""

    unit: Unit
    comparison: Comparison

    @property
    def detectable(self) -> float | None:
        """The smallest true effect that one look at this size finds four times in five; None where not measurable."""
        if not isinstance(self.comparison, Effect):
            return None
        found = self.comparison
        return minimum_detectable(found.deviation, found.treated.customers, found.control.customers)


@dataclass(frozen=True, kw_only=True)
class Behaviour:
    """What the treated did within their windows: customers, those who ordered, orders, net spend, messages they got."""

    customers: int
    buyers: int
    orders: int
    spend: float
    messages: int


@dataclass(frozen=True, kw_only=True)
class Report:
    """A programme's figures at `now`. `outcomes` starts with the metric of the objective; the others are secondary."""

    programme: str
    title: Mapping[str, str]
    now: datetime
    currency: str
    counts: Counts
    panel: Panel
    kpis: Sequence[Kpi]
    outcomes: Sequence[Outcome]

    @property
    def main(self) -> Outcome:
        """The outcome that the objective is about."""
        return self.outcomes[0]


def effect_of(outcomes: Sequence[Outcome], unit: Unit) -> Effect | None:
    """The measured effect on `unit`, None where it is not measurable yet."""
    found = next(one.comparison for one in outcomes if one.unit is unit)
    return found if isinstance(found, Effect) else None
