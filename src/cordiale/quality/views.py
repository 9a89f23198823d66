"""The quality board, and the cost register of the base."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from cordiale import clock
from cordiale.accounts.access import staff_of
from cordiale.accounts.permissions import may, requires
from cordiale.company import company
from cordiale.quality import actions, measures, queries
from cordiale.quality.forms import CostForm
from cordiale.quality.models import Cost
from cordiale.quality.queries import Board
from cordiale.ui import formats, notices
from cordiale.ui.context import present

LINES = 200
_TRENDS = ("reach", "no-email", "no-address", "stale")


@require_safe
@requires("quality.see")
def index(request: HttpRequest) -> HttpResponse:
    """How healthy the base is; each number opens its list."""
    now = present()
    board = queries.board(now)
    today = clock.local_day(now, company().zone)
    reachable = board.of(measures.REACH)[-1].count if board else None
    context: dict[str, Any] = {
        "board": board,
        "groups": _groups(board) if board else [],
        "reach": board.of(measures.REACH) if board else [],
        "trend": _trend() if board else None,
        "trend_title": _("The last year"),
        **_cost(queries.base_cost(today, reachable)),
        "invalid": [(channel, reason, count) for (channel, reason), count in queries.invalid_contacts().items()],
        "may_edit": may(getattr(request.user, "role", ""), "quality.edit"),
    }
    return render(request, "quality/board.html", context)


@require_POST
@requires("quality.edit")
def measure(request: HttpRequest) -> HttpResponse:
    """Measure now, instead of at night."""
    actions.measure(present())
    notices.add(request, _("The base was measured."))
    return redirect("quality:board")


@require_http_methods(["GET", "HEAD", "POST"])
@requires("quality.edit")
def costs(request: HttpRequest) -> HttpResponse:
    """The cost register: its lines, and a form for one more."""
    form = CostForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        said = form.cleaned_data
        actions.add_cost(
            said["kind"], said["label"], said["amount"], is_monthly=said["is_monthly"], since=said["since"],
            until=said["until"], actor=staff_of(request), now=present(),
        )  # fmt: skip
        return redirect("quality:costs")
    found = Cost.objects.order_by("-since", "-id")[:LINES]
    return render(request, "quality/costs.html", {"form": form, "costs": found, "currency": company().currency})


@require_POST
@requires("quality.edit")
def remove_cost(request: HttpRequest, cost_id: int) -> HttpResponse:
    """Take a line out; the audit trail keeps it."""
    actions.remove_cost(cost_id, actor=staff_of(request), now=present())
    notices.add(request, _("The line is gone; the audit trail keeps it."))
    return redirect("quality:costs")


def _groups(board: Board) -> list[tuple[str, list[queries.Line]]]:
    return [
        (_("Complete?"), board.of(measures.COMPLETENESS)),
        (_("Right?"), board.of(measures.VALIDITY)),
        (_("Fresh?"), board.of(measures.FRESHNESS)),
    ]


def _cost(cost: queries.BaseCost) -> dict[str, Any]:
    return {
        "cost": cost,
        "cost_total": formats.money(cost.total),
        "cost_per": formats.money(cost.per_reachable),
        "cost_period": _("%(since)s to %(until)s")
        % {"since": formats.day(cost.since), "until": formats.day(cost.until)},
        "label_total": _("Cost of the base"),
        "label_per": _("Cost of a reachable customer"),
        "def_total": _("All lines of the cost register paid in the period."),
        "def_per": _("Cost of the base divided by the customers reachable through at least one channel."),
    }


def _trend() -> dict[str, Any] | None:
    """The last year of a few shares, once there are two measured days."""
    titles = dict(measures.names())
    points = {name: queries.trend(name) for name in _TRENDS}
    days = [day for day, _share in points["reach"]]
    if len(days) < 2:
        return None
    first, last = points["reach"][0][1], points["reach"][-1][1]
    summary = _("Reachable at all: %(before)s on %(first)s, %(after)s on %(last)s.") % {
        "before": formats.percent(first), "first": formats.day(days[0]),
        "after": formats.percent(last), "last": formats.day(days[-1]),
    }  # fmt: skip
    return {
        "labels": [formats.day(day) for day in days],
        "series": [{"name": str(titles[name]), "values": [share for _day, share in points[name]]} for name in _TRENDS],
        "summary": summary,
    }
