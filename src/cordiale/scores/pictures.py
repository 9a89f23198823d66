"""The charts of model cards, each with its summary in words."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from django.utils.translation import gettext as _

from cordiale.ui import formats

Picture = dict[str, Any]


def reliability(found: Mapping[str, Any]) -> Picture:
    """The reliability curve by tenths of customers, for a chart and its table."""
    bins = found["in_force"]["reliability"]
    return {
        "labels": [str(place) for place in range(1, len(bins) + 1)],
        "series": [
            {"name": _("Foretold"), "values": [one["predicted"] for one in bins]},
            {"name": _("Seen"), "values": [one["observed"] for one in bins]},
            {"name": _("Seen, at least (95%)"), "values": [one["low"] for one in bins], "is_edge": True},
            {"name": _("Seen, at most (95%)"), "values": [one["high"] for one in bins], "is_edge": True},
        ],
        "title": _("Foretold and seen, by tenths of the customers judged"),
        "summary": _("From %(low)s foretold and %(seen_low)s seen in the lowest group to %(high)s foretold and"
                     " %(seen_high)s seen in the highest.") % {
            "low": formats.percent(bins[0]["predicted"], 1), "seen_low": formats.percent(bins[0]["observed"], 1),
            "high": formats.percent(bins[-1]["predicted"], 1), "seen_high": formats.percent(bins[-1]["observed"], 1),
        },
    }  # fmt: skip


def cumulative(found: Mapping[str, Any]) -> Picture:
    """Orders of the held-out period, week by week."""
    weeks = found["cumulative"]
    last = weeks[-1] if weeks else {"predicted": 0.0, "observed": 0.0}
    return {
        "labels": [formats.days(one["day"]) for one in weeks],
        "series": [
            {"name": _("Foretold"), "values": [round(one["predicted"], 1) for one in weeks]},
            {"name": _("Seen"), "values": [one["observed"] for one in weeks]},
        ],
        "title": _("Orders after the judge’s day, added up"),
        "summary": _("The model of purchases foretold %(predicted)s orders, %(observed)s came.") % {
            "predicted": formats.number(last["predicted"], 0), "observed": formats.number(last["observed"], 0),
        },
    }  # fmt: skip


def frequency(found: Mapping[str, Any]) -> Picture:
    """Orders of the held-out period by how many there were before."""
    rows = found["by_frequency"]
    labels = [formats.number(one["from"]) if one["from"] == one["to"] else f"{one['from']}–{one['to']}" for one in rows]
    return {
        "labels": labels,
        "series": [
            {"name": _("Foretold"), "values": [one["predicted"] for one in rows]},
            {"name": _("Seen"), "values": [one["observed"] for one in rows]},
        ],
        "title": _("Orders of a customer in the held-out period, by orders placed before"),
        "summary": _told_by_frequency(labels, rows),
    }  # fmt: skip


def _told_by_frequency(labels: Sequence[str], rows: Sequence[Mapping[str, Any]]) -> str:
    if not rows:
        return _("Nobody was judged.")
    text = _(
        "Who had placed %(first)s before placed %(seen_first)s on average, %(first_foretold)s foretold; who had placed"
        " %(last)s, %(seen_last)s, %(last_foretold)s foretold."
    )
    return text % {
        "first": labels[0], "seen_first": formats.number(rows[0]["observed"], 1),
        "first_foretold": formats.number(rows[0]["predicted"], 1), "last": labels[-1],
        "seen_last": formats.number(rows[-1]["observed"], 1),
        "last_foretold": formats.number(rows[-1]["predicted"], 1),
    }  # fmt: skip
