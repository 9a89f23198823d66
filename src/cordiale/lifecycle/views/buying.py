"""Who comes back, after how long, and what lies in baskets: as of a snapshot, counted once."""

from __future__ import annotations

import csv
from collections.abc import Callable, Iterable, Sequence
from datetime import date
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from cordiale.accounts.access import staff_of
from cordiale.accounts.permissions import may, requires
from cordiale.errors import NotFound
from cordiale.insight import queries as insight
from cordiale.insight import texts
from cordiale.insight.models import Snapshot
from cordiale.insight.rules.lifecycle import STAGES
from cordiale.lifecycle import buying_pictures as pictures
from cordiale.lifecycle import counting
from cordiale.lifecycle.models import Kept
from cordiale.lifecycle.queries import buying
from cordiale.ui import notices
from cordiale.ui.context import present

Draw = Callable[[Kept], dict[str, Any]]


@require_safe
@requires("insight.see")
def cohorts(request: HttpRequest) -> HttpResponse:
    """Retention and spend by month or quarter (`by`) of the first order."""
    period = _period(request)
    shown = {"period": period, "tab": "cohorts"}
    return _page(request, "lifecycle/cohorts.html", buying.COHORTS[period], shown,
                 lambda kept: pictures.cohorts(buying.retention(kept), period))  # fmt: skip


@require_safe
@requires("insight.see")
def intervals(request: HttpRequest) -> HttpResponse:
    """Days between orders, of everybody or of one stage (`stage`)."""
    stage = _stage(request)
    titles = texts.stages(insight.lifecycle())
    shown = {"stage": stage, "stages": [(name, titles[name].title) for name in STAGES], "tab": "intervals"}
    return _page(request, "lifecycle/intervals.html", buying.INTERVALS, shown,
                 lambda kept: pictures.intervals(buying.intervals(kept, stage)))  # fmt: skip


@require_safe
@requires("insight.see")
def baskets(request: HttpRequest) -> HttpResponse:
    """What orders are worth, how many lines they have, which categories they hold, and which together."""
    return _page(request, "lifecycle/baskets.html", buying.BASKETS, {"tab": "baskets"},
                 lambda kept: pictures.baskets(buying.baskets(kept)))  # fmt: skip


@require_POST
@requires("insight.edit")
def count(request: HttpRequest, kind: str) -> HttpResponse:
    """Have the counts of a page made in the background, as of the snapshot of `day`."""
    if kind not in buying.KINDS:
        raise NotFound(_("There is no such view."))
    snapshot = insight.get_snapshot(_day(request.POST.get("day", "")))
    job = counting.ask(kind, snapshot, actor=staff_of(request), now=present())
    notices.add(request, _("This is being counted."))
    return redirect("jobs:progress", number=job.pk)


@require_safe
@requires("insight.see")
def cohorts_csv(request: HttpRequest) -> HttpResponse:
    """Retention as a file: one line a cohort and period."""
    period = _period(request)
    kept = _kept(request, buying.COHORTS[period])
    found = buying.retention(kept)
    lines = [
        [found.starts[one.period - 1], one.customers, age, round(share, 6), round(one.spend[age], 2)]
        for one in found.cohorts for age, share in enumerate(one.shares)
    ]  # fmt: skip
    return _file(f"cohorts-{period}-{kept.day}", ["cohort", "customers", f"{period}s_later", "share_ordering",
                                                  "spend_per_customer_so_far"], lines)  # fmt: skip


@require_safe
@requires("insight.see")
def intervals_csv(request: HttpRequest) -> HttpResponse:
    """Intervals as a file: one line a number of days."""
    kept = _kept(request, buying.INTERVALS)
    found = buying.intervals(kept, _stage(request))
    return _file(f"intervals-{kept.day}", ["days_since_order_before", "orders"], sorted(found.days.items()))


@require_safe
@requires("insight.see")
def baskets_csv(request: HttpRequest) -> HttpResponse:
    """Pairs of categories as a file: one line a pair, however rare."""
    kept = _kept(request, buying.BASKETS)
    rows = [row[:3] for row in kept.counts["categories"]]
    return _file(f"baskets-{kept.day}", ["category", "other_category", "orders"], rows)


def _page(request: HttpRequest, template: str, kind: str, shown: dict[str, Any], draw: Draw) -> HttpResponse:
    asked = request.GET.get("day", "")
    day = _day(asked)
    problem = _("Write a day as 2026-03-01.") if asked and day is None else ""
    latest = insight.find_snapshot()
    context: dict[str, Any] = {
        **shown, "kind": kind, "asked": "" if problem else asked, "problem": problem, "latest": latest,
        "may_edit": may(staff_of(request).role, "insight.edit"),
    }  # fmt: skip
    if latest is not None and not problem:
        snapshot = insight.traits_on(day) if day else latest
        kept = buying.at_once(kind, snapshot)
        job = None if kept else counting.find_open(kind, snapshot)
        context |= {
            "snapshot": snapshot,
            "kept": kept,
            "job": job,
            "asked": asked or snapshot.day.isoformat(),
            "is_nearest": bool(day and day != snapshot.day),
        }
        context |= draw(kept) if kept else {}
    return render(request, template, context, status=422 if problem else 200)


def _kept(request: HttpRequest, kind: str) -> Kept:
    """The counts a file is made of. Raises NotFound where they are not there yet."""
    day = _day(request.GET.get("day", ""))
    snapshot: Snapshot = insight.traits_on(day) if day else insight.get_snapshot()
    kept = buying.at_once(kind, snapshot)
    if kept is None:
        raise NotFound(_("This was not counted yet; have it counted on its page."))
    return kept


def _file(name: str, head: Sequence[str], lines: Iterable[Sequence[Any]]) -> HttpResponse:
    response = HttpResponse(content_type="text/csv; charset=utf-8")
    response["Content-Disposition"] = f'attachment; filename="{name}.csv"'
    writer = csv.writer(response)
    writer.writerow(head)
    writer.writerows([_safe(cell) for cell in line] for line in lines)
    return response


def _safe(cell: Any) -> Any:
    """A category that a spreadsheet would take for a formula is written as text."""
    return f"'{cell}" if isinstance(cell, str) and cell[:1] in "=+-@\t\r" else cell


def _period(request: HttpRequest) -> str:
    return buying.QUARTER if request.GET.get("by") == buying.QUARTER else buying.MONTH


def _stage(request: HttpRequest) -> str:
    stage = request.GET.get("stage", "")
    return stage if stage in STAGES else ""


def _day(text: str) -> date | None:
    try:
        return date.fromisoformat(text)
    except ValueError:
        return None
