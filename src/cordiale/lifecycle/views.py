"""The life cycle: what it is, what it was and where people went."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from cordiale.accounts.permissions import requires
from cordiale.insight import definitions, queries, texts
from cordiale.insight.models import Snapshot
from cordiale.insight.rules.lifecycle import STAGES
from cordiale.ui import formats

MONTHS = 13


@require_safe
@requires("insight.see")
def index(request: HttpRequest) -> HttpResponse:
    """Stages now, by month, and the flows between two month ends chosen in the address (`from`, `to`)."""
    rules = definitions.current()
    latest = queries.find_snapshot()
    context: dict[str, Any] = {"stages": texts.stages(rules.lifecycle), "latest": latest}
    if latest is not None:
        months = queries.month_ends()
        context |= {
            "rows": _sizes(latest, context["stages"]),
            "is_outdated": latest.definition != rules.fingerprint,
            "chart": _by_month(months[-MONTHS:], context["stages"]),
            **_flows(months, request, context["stages"]),
        }
    return render(request, "lifecycle/index.html", context)


def _sizes(snapshot: Snapshot, stages: dict[str, texts.Stage]) -> list[dict[str, Any]]:
    counted = queries.stages(snapshot.day)
    return [
        {
            "stage": stages[name],
            "customers": counted[name],
            "share": counted[name] / snapshot.customers if snapshot.customers else None,
        }
        for name in STAGES
    ]


def _by_month(months: Sequence[Snapshot], stages: dict[str, texts.Stage]) -> dict[str, Any]:
    first, last = months[0], months[-1]
    moved = [
        _("%(stage)s from %(before)s to %(after)s") % {
            "stage": stages[name].title,
            "before": formats.number(first.stages.get(name, 0)),
            "after": formats.number(last.stages.get(name, 0)),
        }
        for name in ("active", "ambassador", "dormant", "lost")
    ]  # fmt: skip
    return {
        "labels": [texts.month(snapshot.day) for snapshot in months],
        "series": [
            {"name": stages[name].title, "values": [snapshot.stages.get(name, 0) for snapshot in months]}
            for name in STAGES
        ],
        "summary": _("Between %(start)s and %(end)s: %(moved)s.") % {
            "start": formats.day(first.day), "end": formats.day(last.day), "moved": ", ".join(moved),
        },
    }  # fmt: skip


def _flows(months: Sequence[Snapshot], request: HttpRequest, stages: dict[str, texts.Stage]) -> dict[str, Any]:
    """The table of flows between two month ends; nothing where there is only one."""
    days = [snapshot.day for snapshot in months]
    if len(days) < 2:
        return {"choices": []}
    start, end = _chosen(request.GET.get("from"), days, days[-2]), _chosen(request.GET.get("to"), days, days[-1])
    if start >= end:
        start, end = days[-2], days[-1]
    counted = {(flow.origin, flow.target): flow.customers for flow in queries.flows(start, end)}
    origins: list[str | None] = [*STAGES, None]
    columns = [stages[name] for name in STAGES]
    rows = [_flow_row(origin, counted, stages) for origin in origins]
    return {"choices": days, "start": start, "end": end, "flow_columns": columns,
            "flow_rows": [row for row in rows if row["total"]]}  # fmt: skip


def _flow_row(
    origin: str | None, counted: dict[tuple[str | None, str | None], int], stages: dict[str, texts.Stage]
) -> dict[str, Any]:
    cells = [{"customers": counted.get((origin, target), 0), "is_stay": origin == target} for target in STAGES]
    gone = counted.get((origin, None), 0)
    return {
        "title": stages[origin].title if origin else _("Not known before"),
        "cells": cells,
        "gone": gone,
        "total": gone + sum(int(cell["customers"]) for cell in cells),
    }


def _chosen(text: str | None, days: Sequence[date], default: date) -> date:
    """The month end named in the address; the default where it is none of ours."""
    return next((day for day in days if day.isoformat() == text), default)
