"""The catalogue of traits."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from cordiale.accounts.access import staff_of
from cordiale.accounts.permissions import may, requires
from cordiale.insight import queries, texts
from cordiale.insight.models import Snapshot
from cordiale.insight.rules.traits import Trait
from cordiale.ui import formats

PAGE = 50


@require_safe
@requires("insight.see")
def index(request: HttpRequest) -> HttpResponse:
    """Every trait with its meaning, and how many customers have a value; narrowed by words, source and owner."""
    everything, latest = queries.traits(), queries.find_snapshot()
    chosen = {name: request.GET.get(name, "").strip()[:120] for name in ("q", "source", "owner")}
    page = Paginator(_narrowed(everything, **chosen), PAGE).get_page(request.GET.get("page"))
    known = queries.coverage(latest, list(page)) if latest else {}
    rows = [_row(trait, known.get(trait.name, {}), latest) for trait in page]
    context = {
        "page": page, "rows": rows, "latest": latest, "chosen": chosen, "is_narrowed": any(chosen.values()),
        "sources": sorted({(trait.source, texts.source_title(trait)) for trait in everything}, key=lambda one: one[1]),
        "owners": sorted({texts.owner(trait) for trait in everything}),
        "may_edit": may(staff_of(request).role, "insight.edit"),
    }  # fmt: skip
    return render(request, "insight/catalogue.html", context)


def _narrowed(traits: Sequence[Trait], *, q: str, source: str, owner: str) -> list[Trait]:
    words = q.casefold().split()
    return [
        trait
        for trait in traits
        if (not source or trait.source == source)
        and (not owner or texts.owner(trait) == owner)
        and all(word in _words(trait) for word in words)
    ]


def _words(trait: Trait) -> str:
    """What a search looks in: the name, title and description in both languages, the definition."""
    said = (trait.name, *trait.title.values(), *trait.description.values(), trait.definition, trait.condition)
    return " ".join(said).casefold()


def _row(trait: Trait, known: Any, latest: Snapshot | None) -> dict[str, Any]:
    return {
        "trait": trait, "title": formats.in_language(trait.title), "type": texts.type_title(trait),
        "description": formats.in_language(trait.description), "period": texts.period(trait),
        "source": texts.source_title(trait), "owner": texts.owner(trait),
        "known": _share(known.get("known"), latest), "median": texts.written(trait, known.get("median")),
        "unit": formats.in_language(trait.unit) if trait.unit else "",
    }  # fmt: skip


def _share(known: float | int | None, snapshot: Snapshot | None) -> float | None:
    return known / snapshot.customers if known is not None and snapshot and snapshot.customers else None
