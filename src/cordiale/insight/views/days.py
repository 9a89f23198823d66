"""How things were: who was in which stage on a past day, and one customer's values day by day."""

from __future__ import annotations

from contextlib import suppress
from datetime import date
from typing import Any

from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_safe

from cordiale import clock
from cordiale.accounts.access import staff_of
from cordiale.accounts.permissions import may, require, requires
from cordiale.company import company
from cordiale.customers.models import Customer
from cordiale.errors import NotFound
from cordiale.insight import computation, pictures, queries, texts
from cordiale.insight.models import Snapshot
from cordiale.insight.rules.lifecycle import STAGES
from cordiale.insight.rules.traits import STAGE
from cordiale.ui import formats, notices
from cordiale.ui.context import present

PAGE = 50
FIRST = "spend_365d"


@require_http_methods(["GET", "HEAD", "POST"])
@requires("insight.see")
def index(request: HttpRequest) -> HttpResponse:
    """The stages of a day (`day`), and who was in one of them (`stage`); a POST has a day of its own computed."""
    today = clock.local_day(present(), company().zone)
    asked = (request.POST if request.method == "POST" else request.GET).get("day", "")
    day, problem = _day(asked, today)
    if request.method == "POST" and not problem:
        return _ask(request, day)
    context: dict[str, Any] = {
        "day": day, "asked": day.isoformat(), "problem": problem, "today": today,
        "may_edit": may(staff_of(request).role, "insight.edit"), "stages": _titles(),
    }  # fmt: skip
    with suppress(NotFound):  # before the first day that holds anybody the page says so
        context |= _told(request, queries.traits_on(day))
    return render(request, "insight/days.html", context)


@require_safe
@requires("insight.see")
def customer(request: HttpRequest, customer_id: int) -> HttpResponse:
    """One customer's values of a trait (`trait`) and stage on the last snapshot days."""
    who = get_object_or_404(Customer, pk=customer_id)
    chosen = queries.get_trait(request.GET.get("trait") or FIRST)
    rows = queries.history(who.pk, [chosen.name, STAGE]).to_pylist()
    values = [row.get(chosen.name) for row in rows]
    titles = _titles()
    context = {
        "customer": who, "trait": chosen, "title": formats.in_language(chosen.title),
        "description": formats.in_language(chosen.description),
        "traits": [(one.name, formats.in_language(one.title)) for one in queries.traits()],
        "rows": [
            {"day": row["day"], "value": texts.written(chosen, row.get(chosen.name)),
             "stage": titles.get(row.get(STAGE) or "", formats.NOTHING)}
            for row in reversed(rows)
        ],
        "line": pictures.customer_line(chosen, [row["day"] for row in rows], values),
    }  # fmt: skip
    return render(request, "insight/customer.html", context)


def _told(request: HttpRequest, snapshot: Snapshot) -> dict[str, Any]:
    titles, stage = _titles(), request.GET.get("stage", "")
    counts = [
        {"name": name, "title": titles[name], "customers": snapshot.stages.get(name, 0),
         "share": snapshot.stages.get(name, 0) / snapshot.customers if snapshot.customers else None}
        for name in STAGES
    ]  # fmt: skip
    told: dict[str, Any] = {"snapshot": snapshot, "counts": counts}
    if stage in titles:
        page = Paginator(queries.customers_in_stage(stage, snapshot.day), PAGE).get_page(request.GET.get("page"))
        told |= {"stage": stage, "stage_title": titles[stage], "page": page, "people": _people(list(page))}
    return told


def _people(ids: list[int]) -> list[dict[str, Any]]:
    """Customers with the stage they are in now; those merged or erased since have no page any more."""
    titles, people = _titles(), Customer.objects.in_bulk(ids)
    now = {row["customer_id"]: row.get(STAGE) for row in queries.traits_of(ids).to_pylist()}
    return [
        {"customer": people.get(number), "number": number, "now": titles.get(now.get(number) or "", formats.NOTHING)}
        for number in ids
    ]


def _ask(request: HttpRequest, day: date) -> HttpResponse:
    require(staff_of(request), "insight.edit")
    job = computation.ask(day, actor=staff_of(request), now=present())
    notices.add(request, _("The traits of %(day)s are being computed.") % {"day": formats.day(day)})
    return redirect("jobs:progress", number=job.pk)


def _day(text: str, today: date) -> tuple[date, str]:
    if not text:
        return today, ""
    try:
        day = date.fromisoformat(text)
    except ValueError:
        return today, _("Write a day as 2026-03-01.")
    if day > today:
        return today, _("This day is still to come; choose today or an earlier one.")
    return day, ""


def _titles() -> dict[str, str]:
    known = texts.stages(queries.lifecycle())
    return {name: known[name].title for name in STAGES}
