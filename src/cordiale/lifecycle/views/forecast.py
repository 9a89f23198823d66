"""How many customers each stage will hold, and how right such forecasts were."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from cordiale.accounts.access import staff_of
from cordiale.accounts.permissions import may, requires
from cordiale.errors import Refused
from cordiale.insight import queries as insight
from cordiale.insight import texts
from cordiale.lifecycle import computing, pictures, queries
from cordiale.lifecycle.queries.forecasts import LEAST, LONGEST_WINDOW, MONTHS, MOST_MONTHS, WINDOW
from cordiale.lifecycle.rules import backtest, chain
from cordiale.ui import notices
from cordiale.ui.context import present

WINDOWS = (6, 12, 24, 36)


@require_safe
@requires("insight.see")
def show(request: HttpRequest) -> HttpResponse:
    """The forecast `months` ahead, learnt from the last `window` months, with its back-test."""
    months = _within(request.GET.get("months", ""), 1, MOST_MONTHS, MONTHS)
    window = _within(request.GET.get("window", ""), backtest.LEAST_MONTHS, LONGEST_WINDOW, WINDOW)
    context: dict[str, Any] = {
        "months": months, "window": window, "all_months": range(1, MOST_MONTHS + 1), "windows": WINDOWS,
        "least": LEAST, "latest": insight.find_snapshot(), "may_edit": may(staff_of(request).role, "insight.edit"),
        "job": computing.find_open(), "nominal": chain.NOMINAL,
    }  # fmt: skip
    if context["latest"] is not None:
        found = queries.forecast(months, window)
        context |= {"found": found, "missing": queries.missing_month_ends(present())}
        if found.path is not None:
            context |= pictures.forecast(found, texts.stages(insight.lifecycle()))
    return render(request, "lifecycle/forecast.html", context)


@require_POST
@requires("insight.edit")
def prepare(request: HttpRequest) -> HttpResponse:
    """Have the month ends computed that have no snapshot, in the background."""
    missing = queries.missing_month_ends(present())
    if not missing:
        raise Refused(_("Every month end since the first order has its stages already."))
    job = computing.ask(missing, computing.FORECAST, actor=staff_of(request), now=present())
    notices.add(request, _("The month ends are being computed."))
    return redirect("jobs:progress", number=job.pk)


def _within(text: str, least: int, most: int, default: int) -> int:
    return min(max(int(text), least), most) if text.isascii() and text.isdigit() and len(text) < 5 else default
