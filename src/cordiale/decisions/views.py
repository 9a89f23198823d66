"""The page of decisions."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

from django.core.paginator import Paginator
from django.db.models import Max, Min
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from cordiale.accounts.permissions import requires
from cordiale.customers import queries as customers
from cordiale.decisions import queries
from cordiale.decisions.models import Verdict
from cordiale.decisions.rules import words

_PAGE = 50
BADGES = {Verdict.SENT: "ok", Verdict.POSTPONED: "warning", Verdict.REFUSED: "neutral"}


@require_safe
@requires("decisions.see")
def list_decisions(request: HttpRequest) -> HttpResponse:
    """What was decided, filtered by the address, 50 a page."""
    filters = queries.Filters(**{name: request.GET.get(name, "")[:200].strip() for name in asdict(queries.Filters())})
    people = [one.pk for one in customers.find(filters.customer)] if filters.customer else None
    rows = queries.list_decisions(filters, people)
    page = Paginator(rows, _PAGE).get_page(request.GET.get("page"))
    period = rows.order_by().aggregate(first=Min("at"), last=Max("at"))
    context = {
        "page": page,
        "rows": [(decision, asdict(queries.told(decision)) | _verdict(decision.verdict)) for decision in page],
        "counts": [one | _verdict(one["verdict"]) for one in queries.counts_by_rule(rows)],
        "filters": filters,
        "is_narrowed": any(asdict(filters).values()),
        "programmes": queries.programmes(),
        "verdicts": Verdict.choices,
        "rules": [(rule, words.rule_title(rule)) for rule in queries.rules()],
        **period,
    }
    return render(request, "decisions/list.html", context)


def _verdict(verdict: str) -> dict[str, Any]:
    return {"badge": BADGES[Verdict(verdict)], "verdict_title": Verdict(verdict).label}


def shown(story: queries.Story) -> dict[str, Any]:
    """A story for the customer's page."""
    verdict = _verdict(story.last.verdict) if story.last else {}
    parts = {name: getattr(story, name) for name in ("programme", "template", "proposed_at", "last")}
    return parts | verdict | {"earlier": story.decisions[1:]}
