"""The list of scores, and their model cards."""

from __future__ import annotations

from typing import Any

from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from cordiale.accounts.access import staff_of
from cordiale.accounts.permissions import may, requires
from cordiale.jobs import words as job_words
from cordiale.jobs.models import JobState
from cordiale.scores import actions, cards, queries
from cordiale.scores.models import ScoreVersion
from cordiale.ui import formats, notices
from cordiale.ui.context import present

PAGE = 50


@require_safe
@requires("insight.see")
def index(request: HttpRequest) -> HttpResponse:
    """Every declared score: its state, its last fit, how good it is, when it is learnt anew."""
    page = Paginator(queries.standings(), PAGE).get_page(request.GET.get("page"))
    rows = [cards.row(one) for one in page]
    return render(request, "scores/list.html", {"page": page, "rows": rows, "may_edit": _may_edit(request)})


@require_safe
@requires("insight.see")
def score(request: HttpRequest, name: str) -> HttpResponse:
    """The card of the version in force, or of the last one tried."""
    standing = queries.standing(name)
    return _card(request, standing, standing.version or standing.attempt)


@require_safe
@requires("insight.see")
def version(request: HttpRequest, name: str, number: int) -> HttpResponse:
    """The card of one version."""
    return _card(request, queries.standing(name), queries.get_version(name, number))


@require_POST
@requires("insight.edit")
def fit(request: HttpRequest, name: str) -> HttpResponse:
    """Learn a score now, in the background."""
    actions.ask(name, actor=staff_of(request), now=present())
    notices.add(request, _("The score is being learnt; this page shows how far it got."))
    return redirect("scores:score", name)


@require_POST
@requires("insight.edit")
def roll_back(request: HttpRequest, name: str, number: int) -> HttpResponse:
    """Put an earlier version in force again."""
    reason = request.POST.get("reason", "").strip() or _("no reason given")
    actions.roll_back(name, number, actor=staff_of(request), reason=reason, now=present())
    notices.add(
        request, _("Version %(number)s is in force again; values follow with the next snapshot.") % {"number": number}
    )
    return redirect("scores:score", name)


def _card(request: HttpRequest, standing: queries.Standing, chosen: ScoreVersion | None) -> HttpResponse:
    versions = Paginator(queries.list_versions(standing.score.name), PAGE).get_page(request.GET.get("page"))
    context: dict[str, Any] = {
        "standing": standing, "title": formats.in_language(standing.score.title),
        "description": formats.in_language(standing.score.description),
        "card": cards.card(standing, chosen) if chosen else None, "row": cards.row(standing),
        "page": versions, "versions": [cards.version_row(one, standing) for one in versions],
        "may_edit": _may_edit(request), "job": standing.job,
        "job_badge": job_words.BADGES[JobState(standing.job.state)] if standing.job else "",
    }  # fmt: skip
    return render(request, "scores/score.html", context)


def _may_edit(request: HttpRequest) -> bool:
    return may(getattr(request.user, "role", ""), "insight.edit")
