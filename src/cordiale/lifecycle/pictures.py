"""Stages, flows and forecasts as charts and tables, each with its summary in words."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any
from urllib.parse import urlencode

from django.urls import reverse
from django.utils.translation import gettext as _

from cordiale.insight import texts
from cordiale.insight.models import Snapshot
from cordiale.insight.rules.lifecycle import STAGES
from cordiale.lifecycle.queries.flows import Flows
from cordiale.lifecycle.queries.forecasts import Forecast
from cordiale.lifecycle.rules import backtest, chain
from cordiale.lifecycle.rules.backtest import Verdict
from cordiale.lifecycle.rules.chain import GONE, NEW
from cordiale.ui import formats

Stages = Mapping[str, texts.Stage]
Picture = dict[str, Any]
_TOLD = 3


def titles(stages: Stages) -> dict[str, str]:
    """What stages are called, and people not known on a day."""
    return {**{name: stages[name].title for name in STAGES}, NEW: _("Not known before"), GONE: _("No longer known")}


def by_month(months: Sequence[Snapshot], stages: Stages) -> Picture:
    """Customers by stage, a bar a month."""
    first, last = months[0], months[-1]
    moved = [
        _("%(stage)s from %(before)s to %(after)s") % {
            "stage": stages[name].title,
            "before": formats.number(first.stages.get(name, 0)),
            "after": formats.number(last.stages.get(name, 0)),
        }
        for name in ("active", "ambassador", "dormant", "lost")
    ]  # fmt: skip
    told = {"start": formats.day(first.day), "end": formats.day(last.day), "moved": ", ".join(moved)}
    return {
        "labels": [texts.month(one.day) for one in months],
        "series": [
            {"name": stages[name].title, "values": [one.stages.get(name, 0) for one in months]} for name in STAGES
        ],
        "summary": _("Between %(start)s and %(end)s: %(moved)s.") % told,
    }


def sankey(found: Flows, stages: Stages) -> Picture:
    """A ribbon a pair of stages: series are where people came from, labels where they went.

    Stages without anybody are there too, not drawn: so each keeps the colour it has in the other charts.
    """
    called = titles(stages)
    targets = [*STAGES, *([None] if any(target is None for _origin, target in found.customers) else [])]
    origins = [*STAGES, *([None] if any(origin is None for origin, _target in found.customers) else [])]
    series = [
        {"name": called[origin or NEW], "values": [found.customers.get((origin, target), 0) for target in targets]}
        for origin in origins
    ]
    return {
        "labels": [called[target or GONE] for target in targets],
        "series": series,
        "summary": _told(found, called),
    }


def flow_rows(found: Flows, stages: Stages) -> list[Picture]:
    """The table under the ribbons: a row a stage of the first day, a cell a stage of the second."""
    called = titles(stages)
    rows = []
    for origin in (*STAGES, None):
        cells = [_cell(found, origin, target) for target in (*STAGES, None)]
        total = sum(int(cell["customers"]) for cell in cells)
        if total:
            url = _of_that_day(origin, found.start.day) if origin else ""
            rows.append({"title": called[origin or NEW], "cells": cells, "total": total, "url": url})
    return rows


def flow_totals(found: Flows) -> list[Picture]:
    """The last line of that table: how many were in each stage on the second day, and are no longer known."""
    return [
        {
            "customers": sum(many for (_origin, one), many in found.customers.items() if one == target),
            "url": _of_that_day(target, found.end.day) if target else "",
        }
        for target in (*STAGES, None)
    ]


def _of_that_day(stage: str, day: date) -> str:
    return f"{reverse('customers:list')}?{urlencode({'stage': stage, 'on': day})}"


def forecast(found: Forecast, stages: Stages) -> Picture:
    """The expected sizes as lines, a table with intervals, the shares behind them, and the back-test in words."""
    path = found.path
    assert path is not None
    labels = [texts.month(day) for day in (found.snapshots[-1].day, *found.months)]
    now = found.snapshots[-1].stages
    series = [
        {"name": stages[name].title, "values": [now.get(name, 0), *(round(float(x)) for x in path.expected[:, place])]}
        for place, name in enumerate(STAGES)
    ]
    return {
        "labels": labels, "series": series, "summary": _foretold(found, stages),
        "columns": [stages[name].title for name in STAGES],
        "foretold": [
            {"day": day, "cells": [
                {"expected": round(float(path.expected[month, place])), "low": round(float(path.low[month, place])),
                 "high": round(float(path.high[month, place]))} for place in range(len(STAGES))
            ]} for month, day in enumerate(found.months)
        ],
        "shares": _shares(found, stages), "verdicts": [_verdict(one, stages) for one in found.verdicts],
        "is_enough": any(one.forecasts >= backtest.ENOUGH for one in found.verdicts),
        "inflow": round(found.chain.inflow, 1) if found.chain else None,
    }  # fmt: skip


def _cell(found: Flows, origin: str | None, target: str | None) -> Picture:
    many = found.customers.get((origin, target), 0)
    query = {"from": found.start.day, "to": found.end.day, "origin": origin or NEW, "target": target or GONE}
    return {"customers": many, "is_stay": origin == target and origin is not None,
            "url": f"{reverse('lifecycle:people')}?{urlencode(query)}" if many else ""}  # fmt: skip


def _told(found: Flows, called: Mapping[str, str]) -> str:
    both = {pair: many for pair, many in found.customers.items() if None not in pair}
    stayed = sum(many for (origin, target), many in both.items() if origin == target)
    moves = sorted((pair for pair in both if pair[0] != pair[1]), key=lambda pair: -both[pair])[:_TOLD]
    told = [
        _("%(origin)s to %(target)s (%(customers)s)") % {
            "origin": called[origin or NEW], "target": called[target or GONE],
            "customers": formats.number(both[origin, target]),
        }
        for origin, target in moves
    ]  # fmt: skip
    share = formats.percent(stayed / sum(both.values()), 1) if both else formats.NOTHING
    stay = _("%(share)s of those known on both days are in the same stage.") % {"share": share}
    return f"{stay} {_('The largest moves: %(moves)s.') % {'moves': ', '.join(told)}}" if told else stay


def _foretold(found: Forecast, stages: Stages) -> str:
    path = found.path
    assert path is not None
    told = [
        _("%(stage)s %(expected)s (between %(low)s and %(high)s)") % {
            "stage": stages[name].title, "expected": formats.number(round(float(path.expected[-1, place]))),
            "low": formats.number(round(float(path.low[-1, place]))),
            "high": formats.number(round(float(path.high[-1, place]))),
        }
        for place, name in enumerate(STAGES) if name in ("active", "ambassador", "dormant", "lost")
    ]  # fmt: skip
    return _("Foretold for %(day)s: %(stages)s.") % {"day": formats.day(found.months[-1]), "stages": ", ".join(told)}


def _shares(found: Forecast, stages: Stages) -> list[Picture]:
    called = titles(stages)
    assert found.chain is not None
    return [
        {"title": called[origin], "cells": [
            {"share": float(found.chain.shares[row, column]), "is_stay": origin == target}
            for column, target in enumerate(chain.TARGETS)
        ]}
        for row, origin in enumerate(chain.ORIGINS)
    ]  # fmt: skip


def _verdict(one: Verdict, stages: Stages) -> Picture:
    rows = [
        {"title": stages[name].title, "model": float(one.errors[place]), "same": float(one.same[place]),
         "drifted": float(one.drifted[place])}
        for place, name in enumerate(STAGES)
    ]  # fmt: skip
    rows.append({"title": _("All stages"), "model": float(one.errors.sum()), "same": float(one.same.sum()),
                 "drifted": float(one.drifted.sum()), "is_total": True})  # fmt: skip
    return {"ahead": one.ahead, "forecasts": one.forecasts, "rows": rows, "is_better": one.is_better,
            "ratio": one.ratio, "coverage": one.coverage, "is_enough": one.forecasts >= backtest.ENOUGH}  # fmt: skip
