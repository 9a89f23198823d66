"""Cohorts, intervals and baskets as charts and tables, each with its summary in words."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from cordiale.facts.categories import category_label
from cordiale.insight import texts
from cordiale.lifecycle import statements
from cordiale.lifecycle.queries import buying
from cordiale.lifecycle.queries.buying import Baskets, Intervals, Retention
from cordiale.lifecycle.rules import buying as rules
from cordiale.lifecycle.rules.buying import Bin, Cohort
from cordiale.ui import formats

Picture = dict[str, Any]
SHADES = 8
"""Steps of a heat map's colour, from none to full."""
_CATEGORIES, _PAIRS = 15, 20


def cohorts(found: Retention, period: str) -> Picture:
    """The triangle of shares, that of spend, and the mean share by age as a line."""
    if not found.cohorts:
        return {"is_empty": True}
    means = rules.mean_shares(found.cohorts)
    top_share = max((share for one in found.cohorts for share in one.shares[1:]), default=0.0)
    top_spend = max((spend for one in found.cohorts for spend in one.spend), default=0.0)
    ages = [str(age) for age in range(len(means))]
    return {
        "ages": ages, "end": found.end, "earlier": found.earlier, "first": found.starts[0],
        "rows": [
            {"title": _name(found.starts[one.period - 1], period), "customers": one.customers,
             "shares": _cells(one.shares, top_share, len(means)), "spend": _cells(one.spend, top_spend, len(means))}
            for one in found.cohorts
        ],
        "series": [{"name": _("Share who ordered"), "values": means}],
        "summary": _retained(found.cohorts, means, period),
    }  # fmt: skip


def intervals(found: Intervals) -> Picture:
    """How many days lie between orders: bars, quantiles, and the usual interval."""
    told = {"customers": found.customers, "known": found.known, "late": found.late, "very_late": found.very_late,
            "late_share": found.late / found.known if found.known else None,
            "very_late_share": found.very_late / found.known if found.known else None}  # fmt: skip
    if not found.days:
        return {"is_empty": True, **told}
    bins = rules.histogram(found.days, cap=statements.LONGEST_GAP + 1)
    values = rules.quantiles(found.days)
    words = _("Half of the orders came within %(median)s of the one before, nine in ten within %(most)s.") % {
        "median": formats.days(values[2]), "most": formats.days(values[4]),
    }  # fmt: skip
    return {
        **told, "labels": [_range(one, "days") for one in bins], "summary": words, "total": sum(found.days.values()),
        "series": [{"name": _("Orders"), "values": [one.many for one in bins]}],
        "quantiles": [(share, formats.days(value)) for share, value in zip(rules.QUANTILES, values, strict=True)],
    }  # fmt: skip


def baskets(found: Baskets) -> Picture:
    """Worth and lines of orders as bars; categories by spend; pairs by lift."""
    if not found.orders:
        return {"is_empty": True}
    worth, lines = rules.quantiles(found.values), rules.quantiles(found.lines)
    bins = {"value": rules.histogram(found.values, cap=statements.DEAREST),
            "lines": rules.histogram(found.lines, cap=statements.MOST_LINES, first=1)}  # fmt: skip
    language = formats.language()
    return {
        "orders": found.orders, "average": found.spend / found.orders, "spend": found.spend, "median": lines[2],
        "value": {
            "labels": [_range(one, "money") for one in bins["value"]], "series": _orders(bins["value"]),
            "summary": _("Half of the orders are worth less than %(median)s, nine in ten less than %(most)s.") % {
                "median": formats.money(worth[2] + 1, 0), "most": formats.money(worth[4] + 1, 0),
            },
        },
        "lines": {
            "labels": [_range(one, "number") for one in bins["lines"]], "series": _orders(bins["lines"]),
            "summary": _("Half of the orders have at most %(median)s lines, nine in ten at most %(most)s.") % {
                "median": formats.number(lines[2]), "most": formats.number(lines[4]),
            },
        },
        "categories": [
            {"title": category_label(name, language), "orders": orders, "share_orders": orders / found.orders,
             "spend": spend, "share_spend": spend / found.spend if found.spend else None}
            for name, orders, spend in found.categories[:_CATEGORIES]
        ],
        "pairs": [
            {"one": category_label(pair.one, language), "other": category_label(pair.other, language),
             "orders": pair.orders, "support": pair.support, "lift": pair.lift}
            for pair in found.pairs[:_PAIRS]
        ],
        "least_support": rules.LEAST_SUPPORT,
    }  # fmt: skip


def _cells(values: Sequence[float], top: float, length: int) -> list[Picture]:
    shown = [{"value": value, "heat": round(min(value / top, 1) * SHADES) if top > 0 else 0} for value in values]
    return shown + [{"value": None, "heat": 0}] * (length - len(values))


def _retained(cohorts: Sequence[Cohort], means: Sequence[float], period: str) -> str:
    many = sum(one.customers for one in cohorts)
    people = ngettext("%(many)s customer", "%(many)s customers", many) % {"many": formats.number(many)}
    if len(means) < 2:
        return _("%(people)s; there is no later period to come back in yet.") % {"people": people}
    told = {"people": people, "next": formats.percent(means[1], 1), "last": formats.percent(means[-1], 1),
            "age": len(means) - 1}  # fmt: skip
    if period == buying.QUARTER:
        return (
            _("Of %(people)s, %(next)s ordered in the quarter after their first one; after %(age)s quarters, %(last)s.")
            % told
        )
    return (
        _("Of %(people)s, %(next)s ordered in the month after their first one; after %(age)s months, %(last)s.") % told
    )


def _orders(bins: Sequence[Bin]) -> list[Picture]:
    return [{"name": _("Orders"), "values": [one.many for one in bins]}]


def _range(one: Bin, unit: str) -> str:
    """A bin in words; of money, what is said holds up to the next whole unit."""

    def written(value: int) -> str:
        return formats.money(value, 0) if unit == "money" else formats.number(value)

    if one.high is None:
        return _("%(low)s or more") % {"low": written(one.low)}
    high = one.high + 1 if unit == "money" else one.high
    return written(one.low) if high == one.low else f"{written(one.low)} – {written(high)}"


def _name(start: date, period: str) -> str:
    if period == buying.QUARTER:
        return _("Q%(quarter)s %(year)s") % {"quarter": (start.month + 2) // 3, "year": start.year}
    return texts.month(start)
