"""The life cycle, with what it was and where people went, and the catalogue of traits."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from typing import Any

from django.core.paginator import Paginator
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
def lifecycle(request: HttpRequest) -> HttpResponse:
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
    return render(request, "insight/lifecycle.html", context)


@require_safe
@requires("insight.see")
def catalogue(request: HttpRequest) -> HttpResponse:
    """Every declared trait with its meaning, and how many customers have a value."""
    declared = queries.traits()
    latest = queries.find_snapshot()
    known = queries.coverage(latest, declared) if latest else {}
    page = Paginator(declared, 50).get_page(request.GET.get("page"))
    rows = [
        {
            "trait": trait, "title": formats.in_language(trait.title), "type": texts.type_title(trait),
            "description": formats.in_language(trait.description), "period": texts.period(trait),
            "source": texts.source_title(trait),
            "known": _share(known.get(trait.name, {}).get("known"), latest),
            "median": texts.written(trait, known.get(trait.name, {}).get("median")),
            "unit": formats.in_language(trait.unit) if trait.unit else "",
        }
        for trait in page
    ]  # fmt: skip
    return render(request, "insight/catalogue.html", {"page": page, "rows": rows, "latest": latest})


def _share(known: float | int | None, snapshot: Snapshot | None) -> float | None:
    return known / snapshot.customers if known is not None and snapshot and snapshot.customers else None


def _sizes(snapshot: Snapshot, stages: dict[str, texts.Stage]) -> list[dict[str, Any]]:
    counted = queries.stages(snapshot.day)
    return [
        {"stage": stages[name], "customers": counted[name], "share": _share(counted[name], snapshot)} for name in STAGES
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
