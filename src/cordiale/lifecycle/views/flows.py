"""The life cycle: what it is, what it was, and where people went between any two days."""

from __future__ import annotations

import csv
from collections.abc import Sequence
from datetime import date
from typing import Any

from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from cordiale import clock
from cordiale.accounts.access import staff_of
from cordiale.accounts.permissions import may, requires
from cordiale.company import company
from cordiale.customers.models import Customer
from cordiale.errors import NotFound, Refused
from cordiale.insight import changes, definitions, texts
from cordiale.insight import queries as insight
from cordiale.insight.models import Snapshot
from cordiale.insight.rules.lifecycle import STAGES
from cordiale.lifecycle import computing, days, pictures, queries
from cordiale.lifecycle.rules.chain import GONE, NEW
from cordiale.ui import formats, notices
from cordiale.ui.context import present

PAGE, MONTHS = 50, 13


@require_safe
@requires("insight.see")
def index(request: HttpRequest) -> HttpResponse:
    """Stages now, by month, and the flows between the two days in the address (`from`, `to`)."""
    rules, latest = definitions.current(), insight.find_snapshot()
    stages = texts.stages(rules.lifecycle)
    context: dict[str, Any] = {"latest": latest, "today": _today(), "may_edit": _may_edit(request)}
    if latest is not None:
        context |= {
            "rows": _sizes(latest, stages), "changes": changes.since(latest),
            "chart": pictures.by_month(insight.month_ends()[-MONTHS:], stages), **_flows(request, stages),
        }  # fmt: skip
    return render(request, "lifecycle/index.html", context, status=422 if context.get("problem") else 200)


@require_POST
@requires("insight.edit")
def compute(request: HttpRequest) -> HttpResponse:
    """Have the two days' stages computed, in the background."""
    start, end, problem = _asked(request.POST.get("from", ""), request.POST.get("to", ""))
    if start is None or end is None or problem:
        raise Refused(problem or _("Choose two days."))
    job = computing.ask([start, end], computing.FLOWS, actor=staff_of(request), now=present())
    notices.add(request, _("The stages of these days are being computed."))
    return redirect("jobs:progress", number=job.pk)


@require_safe
@requires("insight.see")
def people(request: HttpRequest) -> HttpResponse:
    """Who went from one stage (`origin`) to another (`target`) between two snapshot days."""
    start, end = (_day(request.GET.get(name, "")) for name in ("from", "to"))
    if start is None or end is None:
        raise NotFound(_("This address names no two days; open the list from the flows."))
    origin, target = request.GET.get("origin", ""), request.GET.get("target", "")
    page = Paginator(queries.movers(start, end, origin, target), PAGE).get_page(request.GET.get("page"))
    titles = pictures.titles(texts.stages(insight.lifecycle()))
    context = {"start": start, "end": end, "origin": titles[origin], "target": titles[target], "page": page,
               "is_stay": origin == target, "people": _named(list(page), titles)}  # fmt: skip
    return render(request, "lifecycle/people.html", context)


@require_safe
@requires("insight.see")
def flows_csv(request: HttpRequest) -> HttpResponse:
    """The flows as a file: one line a pair of stages."""
    found = queries.flows(*days.chosen(_day(request.GET.get("from", "")), _day(request.GET.get("to", ""))))
    response = HttpResponse(content_type="text/csv; charset=utf-8")
    response["Content-Disposition"] = f'attachment; filename="flows-{found.start.day}-{found.end.day}.csv"'
    writer = csv.writer(response)
    writer.writerow(["from", "to", "origin", "target", "customers"])
    for origin in (*STAGES, None):
        for target in (*STAGES, None):
            if many := found.customers.get((origin, target)):
                writer.writerow([found.start.day, found.end.day, origin or NEW, target or GONE, many])
    return response


def _sizes(snapshot: Snapshot, stages: dict[str, texts.Stage]) -> list[dict[str, Any]]:
    counted = insight.stages(snapshot.day)
    return [
        {
            "stage": stages[name],
            "customers": counted[name],
            "share": counted[name] / snapshot.customers if snapshot.customers else None,
        }
        for name in STAGES
    ]


def _flows(request: HttpRequest, stages: dict[str, texts.Stage]) -> dict[str, Any]:
    """What the page says of the two days; `problem` where they cannot be shown, with the days kept in the form."""
    start, end, problem = _asked(request.GET.get("from", ""), request.GET.get("to", ""))
    if problem:
        kept = {name: day.isoformat() if day else "" for name, day in (("start", start), ("end", end))}
        return {"problem": problem, **kept}  # a date field takes nothing but a day
    try:
        start, end = days.chosen(start, end)
    except Refused:
        return {"is_too_early": True, "start": start or "", "end": end or ""}
    try:
        found = queries.flows(start, end)
    except Refused:
        told = _("Both days have the same nearest snapshot. Have them computed, or choose days further apart.")
        return {"problem": told, "start": start.isoformat(), "end": end.isoformat(), "may_compute": True}
    return {"start": start.isoformat(), "end": end.isoformat(), "found": found, "may_compute": bool(found.missing),
            "missing": [formats.day(day) for day in found.missing], "flow_columns": [stages[name] for name in STAGES],
            "flow_rows": pictures.flow_rows(found, stages), "flow_totals": pictures.flow_totals(found),
            "sankey": pictures.sankey(found, stages)}  # fmt: skip


def _asked(first: str, last: str) -> tuple[date | None, date | None, str]:
    """The days written in the address or form, and what is wrong with them."""
    start, end = _day(first), _day(last)
    if (first and start is None) or (last and end is None):
        return start, end, _("Write a day as 2026-03-01.")
    if max(start or date.min, end or date.min) > _today():
        return start, end, _("This day is still to come; choose today or an earlier one.")
    if start and end and start >= end:
        return start, end, _("The first day must lie before the second.")
    return start, end, ""


def _named(ids: Sequence[int], titles: dict[str, str]) -> list[dict[str, Any]]:
    """Customers with the stage they are in now; those merged since have no page any more."""
    known = Customer.objects.in_bulk(list(ids))
    now = {row["customer_id"]: row["lifecycle_stage"] for row in insight.traits_of(ids).to_pylist()} if ids else {}
    return [
        {"customer": known.get(number), "number": number, "now": titles.get(now.get(number, ""), formats.NOTHING)}
        for number in ids
    ]


def _day(text: str) -> date | None:
    try:
        return date.fromisoformat(text)
    except ValueError:
        return None


def _today() -> date:
    return clock.local_day(present(), company().zone)


def _may_edit(request: HttpRequest) -> bool:
    return may(staff_of(request).role, "insight.edit")
