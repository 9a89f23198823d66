"""What figures are called and mean, and what an effect says, in the reader's language."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from django.utils.functional import Promise
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from cordiale.measure.rules.effect import MIN_CUSTOMERS, MIN_EVENTS, Effect, NotMeasurable, Reason, Unit
from cordiale.measure.rules.interval import Interval
from cordiale.measure.rules.report import Kpi, Measure, Outcome, Panel, Period
from cordiale.ui import formats

Writer = Callable[[float], str]
"""Writes a value in the page's language."""


@dataclass(frozen=True)
class Words:
    """The title of a figure and its definition, which may name the window as `%(window)s`."""

    title: str | Promise
    definition: str | Promise


KPIS: Mapping[str, Words] = {
    "enrolled": Words(_("Enrolled"), _("Walks begun through the scenario. A customer who re-enters counts again.")),
    "proposed": Words(_("Proposed"), _("Contacts the scenario asked for, whatever the answer was.")),
    "sent": Words(_("Sent"), _("Proposals that passed every rule: a message was planned.")),
    "control": Words(
        _("Held back as control"),
        _("Proposals that passed every rule, for customers of the control group: nothing was sent."),
    ),
    "refused": Words(_("Refused"), _("Proposals that a rule turned down for good; control is not counted here.")),
    "postponed": Words(_("Postponed"), _("Proposals that wait for a quieter moment.")),
    "exited": Words(_("Out"), _("Walks that ended, for whatever reason.")),
    "messages": Words(_("Messages handed over"), _("Messages that the next mail server took responsibility for.")),
    "unknown": Words(
        _("Messages unknown"),
        _("Messages cut off between the server’s acceptance and our record of it. They are never sent again."),
    ),
    "conversion": Words(
        _("Treated customers who ordered"),
        _("Treated customers with at least one order within %(window)s of the first contact, over all treated"
          " customers whose window has passed. It includes those who would have ordered anyway."),
    ),
    "orders_per_message": Words(
        _("Orders per message"),
        _("Orders of treated customers within %(window)s of the first contact, over the messages that left in that"
          " time. Returns are not orders."),
    ),
    "average_basket": Words(
        _("Average basket after contact"),
        _("What treated customers paid within %(window)s of the first contact, returns deducted, over their orders."),
    ),
    "unsubscribed": Words(
        _("Customers who unsubscribed"),
        _("Customers who unsubscribed from a message of this programme, over the customers it reached."),
    ),
    "unsubscribes_per_message": Words(
        _("Unsubscribes per message"), _("Messages that someone unsubscribed from, over the messages that left.")
    ),
    "cost": Words(
        _("Cost"), _("Messages that left, at the price of their channel in costs.yaml. Staff time is not included.")
    ),
    "incremental_orders": Words(
        _("Orders gained"),
        _("The difference in orders a customer between treated and control, times the treated customers compared."
          " The interval holds however often one looks."),
    ),
    "incremental_revenue": Words(
        _("Revenue gained"),
        _("The difference in spend a customer between treated and control, times the treated customers compared."
          " The interval holds however often one looks."),
    ),
    "cost_per_incremental_order": Words(
        _("Cost per order gained"),
        _("What the messages within the windows cost, over the orders gained. Only given where orders were surely"
          " gained: the interval lies above zero."),
    ),
}  # fmt: skip

METRICS: Mapping[Unit, Words] = {
    Unit.SHARE: Words(
        _("Customers who ordered"), _("Share of customers with at least one order within %(window)s of the contact.")
    ),
    Unit.ORDERS: Words(_("Orders a customer"), _("Orders within %(window)s of the contact, returns not counted.")),
    Unit.MONEY: Words(
        _("Spend a customer"), _("Amount paid within %(window)s of the contact, returns deducted, in %(currency)s.")
    ),
}

_REASONS: Mapping[Reason, str | Promise] = {
    Reason.NO_CUSTOMERS: _("nobody was contacted long enough ago: the windows after the contact are still open"),
    Reason.NO_CONTROL: _("no control customer is there to compare with"),
    Reason.FEW_CUSTOMERS: _("one of the groups has fewer than %(customers)s customers"),
    Reason.FEW_EVENTS: _("too few customers ordered: fewer than %(events)s are to be expected in the smaller group"),
}

_PERIODS: Mapping[Period, str | Promise] = {
    Period.SINCE_START: _("since the start"),
    Period.AT_PRESENT: _("at present"),
    Period.WINDOW: _("within %(window)s of the contact"),
}


def period(kpi: Kpi, panel: Panel) -> str:
    """What time a KPI is about."""
    return str(_PERIODS[kpi.period]) % {"window": window(panel)}


def definition(words: Words, panel: Panel, currency: str) -> str:
    """What a figure means, with this programme's window."""
    return str(words.definition) % {"window": window(panel), "currency": currency}


def window(panel: Panel) -> str:
    """The length of the window."""
    return formats.days(panel.window.total_seconds() / 86400)


def written(kpi: Kpi) -> str:
    """The value of a KPI; a dash where there is none, and for a gain whose interval contains zero."""
    if kpi.value is None:
        return formats.NOTHING
    if not _is_gain(kpi):
        return _FIGURES[kpi.measure](kpi.value)
    shown = kpi.interval is not None and kpi.interval.excludes_zero
    return signed(_gain(kpi)(kpi.value), kpi.value) if shown else formats.NOTHING


def note(kpi: Kpi) -> str:
    """What stands beside the value: the interval, the quotient, the target."""
    figure = _FIGURES[kpi.measure]
    if kpi.interval is not None:
        return between(kpi.interval, _gain(kpi) if _is_gain(kpi) else figure, sign=_is_gain(kpi))
    parts = []
    if kpi.part is not None and kpi.whole:
        part = formats.money(kpi.part) if kpi.measure is Measure.MONEY else formats.number(kpi.part)
        parts.append(gettext("%(part)s of %(whole)s") % {"part": part, "whole": formats.number(kpi.whole)})
    if kpi.target is not None:
        parts.append(gettext("target %(target)s") % {"target": figure(kpi.target)})
    return " · ".join(parts)


def _is_gain(kpi: Kpi) -> bool:
    return kpi.name.startswith("incremental")


def _gain(kpi: Kpi) -> Writer:
    """Gains are sums over thousands of customers: no cents, no tenths of an order."""
    return _whole_money if kpi.measure is Measure.MONEY else _whole_number


def _whole_money(value: float) -> str:
    return formats.money(value, 0)


def _whole_number(value: float) -> str:
    return formats.number(value, 0)


def mean(value: float, unit: Unit) -> str:
    """A group's mean."""
    return _MEANS[unit](value)


def difference(value: float, unit: Unit) -> str:
    """A difference of means with its sign; shares in percentage points."""
    return signed(_DIFFERENCES[unit](value), value)


def range_of(interval: Interval, unit: Unit) -> str:
    """An interval of differences."""
    return between(interval, _DIFFERENCES[unit], sign=True)


def verdict(outcome: Outcome) -> str:
    """What may be said about the effect on one metric: one or two sentences."""
    found = outcome.comparison
    if isinstance(found, NotMeasurable):
        return gettext("Not measurable yet: %(reason)s.") % {"reason": reason(found.reason)}
    values = {"low": difference(found.often.low, found.unit), "high": difference(found.often.high, found.unit)}
    if found.often.low > 0:
        return gettext("An effect is shown: between %(low)s and %(high)s more than control.") % values
    if found.often.high < 0:
        return gettext("A harm is shown: the interval %(low)s … %(high)s lies below zero.") % values
    values["detectable"] = _DIFFERENCES[found.unit](outcome.detectable or 0.0)
    return gettext(
        "No effect is shown: the interval %(low)s … %(high)s contains zero. Groups of this size find effects from about"
        " %(detectable)s on."
    ) % values  # fmt: skip


def reason(code: Reason) -> str:
    """Why an effect is not measurable yet."""
    values = {"customers": formats.number(MIN_CUSTOMERS), "events": formats.number(MIN_EVENTS)}
    return str(_REASONS[code]) % values


def lift(effect: Effect) -> str:
    """The difference relative to control."""
    return formats.NOTHING if effect.lift is None else signed(formats.percent(effect.lift, 1), effect.lift)


def signed(text: str, value: float) -> str:
    """A figure with its sign: the plus too, and a minus as wide."""
    return f"+{text}" if value > 0 else text.replace("-", "−")


def between(interval: Interval, figure: Writer, *, sign: bool = False) -> str:
    """`low … high`."""
    low, high = figure(interval.low), figure(interval.high)
    return f"{signed(low, interval.low)} … {signed(high, interval.high)}" if sign else f"{low} … {high}"


def _points(value: float) -> str:
    return gettext("%(points)s points") % {"points": formats.number(value * 100, 1)}


_FIGURES: Mapping[Measure, Writer] = {
    Measure.COUNT: formats.number,
    Measure.NUMBER: lambda value: formats.number(value, 2),
    Measure.SHARE: lambda value: formats.percent(value, 1),
    Measure.MONEY: formats.money,
}
_MEANS: Mapping[Unit, Writer] = {
    Unit.SHARE: lambda value: formats.percent(value, 1),
    Unit.ORDERS: lambda value: formats.number(value, 3),
    Unit.MONEY: formats.money,
}
_DIFFERENCES: Mapping[Unit, Writer] = {
    Unit.SHARE: _points,
    Unit.ORDERS: lambda value: formats.number(value, 3),
    Unit.MONEY: formats.money,
}
