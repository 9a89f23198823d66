"""The catalogue of traits."""

from __future__ import annotations

from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from cordiale.accounts.permissions import requires
from cordiale.insight import queries, texts
from cordiale.insight.models import Snapshot
from cordiale.ui import formats


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
