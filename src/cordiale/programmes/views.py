"""Pages of programmes."""

from __future__ import annotations

import difflib
from datetime import datetime
from typing import Any

from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from cordiale import clock
from cordiale.accounts.models import AuditEntry
from cordiale.accounts.permissions import requires
from cordiale.errors import NotFound
from cordiale.programmes import actions, queries, words
from cordiale.programmes.models import Programme, ProgrammeVersion, Status
from cordiale.programmes.rules.spec import ProgrammeSpec, stops
from cordiale.programmes.tree import draw
from cordiale.ui import formats, notices, panels
from cordiale.ui.context import find_demonstration

_PAGE = 50
BADGES = {Status.DRAFT: "neutral", Status.LIVE: "ok", Status.PAUSED: "warning", Status.ENDED: "neutral"}


@require_safe
@requires("programmes.see")
def list_programmes(request: HttpRequest) -> HttpResponse:
    """All programmes with their numbers, 50 a page."""
    page = Paginator(queries.list_programmes(), _PAGE).get_page(request.GET.get("page"))
    counts = queries.counts_of([programme.name for programme in page])
    rows = [_row(programme, counts[programme.name]) for programme in page]
    return render(request, "programmes/list.html", {"page": page, "rows": rows})


def _row(programme: Programme, counts: dict[str, int]) -> dict[str, Any]:
    spec = queries.spec_of(programme.current) if programme.current else None
    return {
        "programme": programme,
        "badge": BADGES[Status(programme.status)],
        "title": spec.title if spec else programme.name,
        "panel": queries.panel_size(spec) if spec else None,
        "counts": counts,
    }


@require_safe
@requires("programmes.see")
def show(request: HttpRequest, name: str) -> HttpResponse:
    """A programme: what it is for, how it goes, its scenario with numbers, its file."""
    programme = queries.get_programme(name)
    if programme.current is None:
        raise NotFound(_("%(name)s has no version yet; apply its file.") % {"name": name})
    spec = queries.spec_of(programme.current)
    points = queries.points_to_fix(programme) if programme.status != Status.LIVE else []
    context = {
        "programme": programme,
        "badge": BADGES[Status(programme.status)],
        "spec": spec,
        "points": points,
        "figures": _figures(programme, spec),
        "entry": words.entry(spec.entry),
        "nodes": draw(spec.scenario, queries.passages(programme.current), queries.standing(programme.current)),
        "older": queries.inside_older(programme),
        "exits": [(words.reason(reason), number) for reason, number in queries.exits(programme)],
        "versions": programme.versions.order_by("-number")[:_PAGE],
        "history": AuditEntry.objects.filter(noun="programme", name=name).order_by("-at", "-pk")[:10],
        "may_start": request.user.may("programmes.start"),  # type: ignore[union-attr]
        "main": panels.render("programme", request, programme, column="main"),
        "side": panels.render("programme", request, programme, column="side"),
    }
    return render(request, "programmes/show.html", context)


def _figures(programme: Programme, spec: ProgrammeSpec) -> list[dict[str, str]]:
    """The header's figures, each with its period and definition."""
    share = spec.panel.control
    size = queries.panel_size(spec)
    return [
        {
            "label": _("Objective"),
            "value": formats.percent(spec.objective.target),
            "period": words.objective(spec),
            "definition": _("%(kind)s: the share of the people contacted that should reach it in that time.")
            % {"kind": words.KINDS[spec.objective.kind]},
            "url": "",
        },
        {
            "label": _("Panel"),
            "value": formats.number(size),
            "period": _("customers in “%(segment)s” now") % {"segment": spec.panel.segment},
            "definition": _(
                "Whom the programme addresses, as the segment was last evaluated, before exclusions: %(out)s."
            )
            % {"out": ", ".join(spec.panel.exclude) or _("none")},
            "url": reverse("segments:segment", args=[spec.panel.segment]),
        },
        {
            "label": _("Control group"),
            "value": formats.percent(share) if share is not None else _("not chosen"),
            "period": _("of those who enter"),
            "definition": _("Drawn at random on entering and kept uncontacted, so that the effect can be measured."),
            "url": "",
        },
        {
            "label": _("Inside"),
            "value": formats.number(queries.inside(programme).count()),
            "period": _("customers now"),
            "definition": _("Customers between entering and leaving the scenario, the control group included."),
            "url": reverse("programmes:people", args=[programme.name]),
        },
    ]


@require_safe
@requires("programmes.see")
def people(request: HttpRequest, name: str) -> HttpResponse:
    """Who is inside, by step, 50 a page."""
    programme = queries.get_programme(name)
    step = request.GET.get("step", "")[:80]
    page = Paginator(queries.inside(programme, step), _PAGE).get_page(request.GET.get("page"))
    context = {
        "programme": programme,
        "step": step,
        "steps": _steps(programme),
        "page": page,
        "rows": [(walk, _where(walk.version, walk.step)) for walk in page],
    }
    return render(request, "programmes/people.html", context)


def _steps(programme: Programme) -> list[tuple[str, str]]:
    if programme.current is None:
        return []
    return [(stop.path, _where(programme.current, stop.path))
            for stop in stops(queries.spec_of(programme.current).scenario)]  # fmt: skip


def _where(version: ProgrammeVersion, path: str) -> str:
    found = {stop.path: stop.step for stop in stops(queries.spec_of(version).scenario)}
    return f"{words.step_title(found[path])} – {words.step_detail(found[path])}" if path in found else path


@require_safe
@requires("programmes.see")
def version(request: HttpRequest, name: str, number: int) -> HttpResponse:
    """One version's file, and what it changed."""
    programme = queries.get_programme(name)
    found = programme.versions.filter(number=number).first()
    if found is None:
        raise NotFound(_("%(name)s has no version %(number)s.") % {"name": name, "number": number})
    before = programme.versions.filter(number=number - 1).first()
    context = {"programme": programme, "version": found, "before": before, "diff": _diff(before, found)}
    return render(request, "programmes/version.html", context)


def _diff(before: ProgrammeVersion | None, after: ProgrammeVersion) -> list[tuple[str, str]]:
    """Lines with their kind: added, removed, place or same."""
    if before is None:
        return []
    lines = difflib.unified_diff(before.source.splitlines(), after.source.splitlines(), lineterm="")
    kinds = {"+": "added", "-": "removed", "@": "place"}
    return [(kinds.get(line[:1], "same"), line) for line in list(lines)[2:]]


@require_POST
@requires("programmes.start")
def start(request: HttpRequest, name: str) -> HttpResponse:
    """Start or resume."""
    actions.start_programme(name, actor=request.user, now=_now())  # type: ignore[arg-type]
    notices.add(request, _("The programme runs: people enter from now on. To undo it, pause it."))
    return redirect("programmes:show", name=name)


@require_POST
@requires("programmes.start")
def pause(request: HttpRequest, name: str) -> HttpResponse:
    """Pause."""
    actions.pause_programme(name, actor=request.user, now=_now())  # type: ignore[arg-type]
    notices.add(
        request, _("The programme is paused: nobody enters, moves or is written to. To undo it, start it again.")
    )
    return redirect("programmes:show", name=name)


def _now() -> datetime:
    """When somebody acts: the present, or where a demonstration's clock stands when it has run ahead of it."""
    demonstration = find_demonstration()
    present = clock.now()
    return max(present, demonstration.ends_at) if demonstration else present
