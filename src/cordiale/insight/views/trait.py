"""One trait: what it means, how it is computed, how its values are spread and how they moved, where it is used."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from cordiale.accounts.access import staff_of
from cordiale.accounts.permissions import may, requires
from cordiale.errors import NotFound
from cordiale.insight import pictures, queries, texts, uses
from cordiale.insight.rules.traits import PAGE, Trait, references
from cordiale.ui import formats
from cordiale.ui.context import present

VERSIONS = 10


@require_safe
@requires("insight.see")
def show(request: HttpRequest, name: str) -> HttpResponse:
    """The page of a trait or score."""
    return page(request, queries.get_trait(name))


def page(request: HttpRequest, trait: Trait, *, problem: str = "", status: int = 200) -> HttpResponse:
    """The page; `problem` says why it was not retired."""
    versions = queries.history_of(trait.name)
    is_declared = queries.is_declared(trait)
    context = {
        "trait": trait, "title": formats.in_language(trait.title), "type": texts.type_title(trait),
        "source": texts.source_title(trait), "owner": texts.owner(trait), "period": texts.period(trait),
        "unit": formats.in_language(trait.unit) if trait.unit else "",
        "declaration": queries.text_of(trait.name) if is_declared else "",
        "sql": queries.sql_of(trait.name, present()) if is_declared else "",
        "derived_from": [queries.get_trait(one) for one in dict.fromkeys(references(trait))],
        "editions": queries.editions(versions[: VERSIONS + 1])[:VERSIONS], "versions": len(versions),
        "uses": uses.of(trait.name), "problem": problem,
        "may_edit": may(staff_of(request).role, "insight.edit"), "is_own": trait.origin == PAGE,
        "trend": pictures.trend(trait, queries.trend(trait.name)), **_spread(trait),
    }  # fmt: skip
    return render(request, "insight/trait.html", context, status=status)


def _spread(trait: Trait) -> dict[str, Any]:
    try:
        found = queries.distribution(trait.name)
    except NotFound:
        return {"not_computed": _("Not computed yet: its values follow at the next computation of traits, once a day.")}
    return {"latest": queries.find_snapshot(), "spread": pictures.spread(trait, found), "found": found}
