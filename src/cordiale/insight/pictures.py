"""Charts of traits, each with its summary in words: how values are spread, and how they moved over snapshot days."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from django.utils.translation import gettext as _

from cordiale.insight import texts
from cordiale.insight.queries import Point
from cordiale.insight.rules.distributions import QUANTILES, Distribution
from cordiale.insight.rules.expressions import NUMERIC
from cordiale.insight.rules.traits import Trait
from cordiale.ui import formats

Picture = dict[str, Any]


def spread(trait: Trait, found: Distribution) -> Picture:
    """How values are spread: a bar a bin, or a bar a text; and the quantiles."""
    known = _("Known for %(known)s of %(customers)s customers.") % {
        "known": formats.number(found.known), "customers": formats.number(found.customers),
    }  # fmt: skip
    if found.top:
        pairs = [(texts.written(trait, value), many) for value, many in found.top]
        told = _("%(distinct)s different values; the commonest, %(value)s, of %(many)s customers.") % {
            "distinct": formats.number(found.distinct), "value": pairs[0][0], "many": formats.number(pairs[0][1]),
        }  # fmt: skip
        return _bars(pairs, f"{known} {told}")
    if not found.bins:
        return {"summary": known}
    pairs = [(_range(trait, one.low, one.high), one.customers) for one in found.bins]
    middle = texts.written(trait, found.quantiles[QUANTILES.index(0.5)])
    told = _("Half of them have less than %(median)s, or as much.") % {"median": middle}
    quantiles = [
        (_quantile(share), texts.written(trait, value)) for share, value in zip(QUANTILES, found.quantiles, strict=True)
    ]
    if found.mean is not None:
        quantiles.append((_("Mean"), texts.written(trait, found.mean)))
    return {**_bars(pairs, f"{known} {told}"), "quantiles": quantiles}


def trend(trait: Trait, points: Sequence[Point]) -> Picture:
    """The mean and median by snapshot day, or of texts and moments the share of customers with a value."""
    if len(points) < 2:
        return {}
    labels = [formats.day(one.day) for one in points]
    first, last = points[0], points[-1]
    if trait.type not in NUMERIC:
        told = _("Known for %(before)s of customers on %(first)s, for %(after)s on %(last)s.") % {
            "before": formats.percent(first.share_known, 1), "after": formats.percent(last.share_known, 1),
            "first": labels[0], "last": labels[-1],
        }  # fmt: skip
        shares = [{"name": _("Known for"), "values": [one.share_known for one in points]}]
        return {"labels": labels, "series": shares, "unit": "percent", "summary": told}
    series = [
        {"name": _("Mean"), "values": [one.mean for one in points]},
        {"name": _("Median"), "values": [one.median for one in points]},
    ]
    told = _("Mean: %(before)s on %(first)s, %(after)s on %(last)s; known for %(known)s of customers then.") % {
        "before": texts.written(trait, first.mean), "after": texts.written(trait, last.mean),
        "first": labels[0], "last": labels[-1], "known": formats.percent(last.share_known, 1),
    }  # fmt: skip
    return {"labels": labels, "series": series, "unit": _unit(trait), "summary": told}


def customer_line(trait: Trait, days: Sequence[Any], values: Sequence[Any]) -> Picture:
    """One customer's figures by snapshot day."""
    labels = [formats.day(day) for day in days]
    known = [(label, value) for label, value in zip(labels, values, strict=True) if value is not None]
    if len(known) < 2 or trait.type not in NUMERIC:
        return {}
    told = _("From %(before)s on %(first)s to %(after)s on %(last)s.") % {
        "before": texts.written(trait, known[0][1]), "first": known[0][0],
        "after": texts.written(trait, known[-1][1]), "last": known[-1][0],
    }  # fmt: skip
    plain = [None if value is None else float(value) for value in values]
    series = [{"name": formats.in_language(trait.title), "values": plain}]
    return {"labels": labels, "series": series, "unit": _unit(trait), "summary": told}


def _bars(pairs: Sequence[tuple[str, int]], summary: str) -> Picture:
    values = [many for _label, many in pairs]
    return {"labels": [label for label, _many in pairs], "series": [{"name": _("Customers"), "values": values}],
            "summary": summary}  # fmt: skip


def _range(trait: Trait, low: Any, high: Any) -> str:
    if isinstance(low, datetime):
        return f"{formats.day(low)} – {formats.day(high)}"
    unit = _unit(trait)
    return formats.figure(low, unit) if low == high else f"{formats.figure(low, unit)} – {formats.figure(high, unit)}"


def _quantile(share: float) -> str:
    names = {0.0: _("Lowest"), 0.5: _("Median"), 1.0: _("Highest")}
    return names.get(share) or _("%(share)s have at most") % {"share": formats.percent(share)}


def _unit(trait: Trait) -> str:
    return {"money": "money", "share": "percent"}.get(trait.type, "number")
