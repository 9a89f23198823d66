"""Declaring a trait: its text with a live check, a dry run before it is saved, and taking it out again."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST

from cordiale.accounts.access import staff_of
from cordiale.accounts.permissions import requires
from cordiale.customers.models import Customer
from cordiale.errors import Located, NotFound, Refused
from cordiale.insight import actions, pictures, queries, texts
from cordiale.insight.rules import aggregates, expressions
from cordiale.insight.rules.facts import FACTS
from cordiale.insight.rules.traits import PAGE, TYPES
from cordiale.insight.views import trait as trait_page
from cordiale.ui import formats, notices
from cordiale.ui.context import present

EXAMPLE = """\
wine_bottles_90d:
  type: integer
  unit: {fr: bouteilles, en: bottles}
  owner: Marketing
  from: order_lines
  window: 90
  where: category = 'WINE'
  value: sum(quantity)
  title: {fr: Bouteilles de vin sur 90 jours, en: Wine bottles in 90 days}
  description:
    fr: Bouteilles de vin achetées ces 90 derniers jours.
    en: Bottles of wine bought in the last 90 days.
"""


@dataclass(frozen=True, kw_only=True)
class Fault:
    """A refused text: what is wrong, how to mend it, and its line with the place marked."""

    message: str
    hint: str
    line: int
    column: int
    before: str
    after: str


@require_http_methods(["GET", "HEAD", "POST"])
@requires("insight.edit")
def new(request: HttpRequest) -> HttpResponse:
    """An editor with an example; saving leads to the trait's page."""
    return _edited(request, EXAMPLE, "")


@require_http_methods(["GET", "HEAD", "POST"])
@requires("insight.edit")
def edit(request: HttpRequest, name: str) -> HttpResponse:
    """The editor of a trait the company declared on the page; saving makes its next version."""
    one = queries.get_trait(name)
    if one.origin != PAGE or not queries.history_of(name):
        raise NotFound(f"'{name}' is not declared on the page; copy its text into a new trait")
    return _edited(request, queries.text_of(name), name)


@require_POST
@requires("insight.edit")
def check(request: HttpRequest) -> HttpResponse:
    """The fragment under the editor: in order or where not; with `try`, what the trait would be."""
    text = _text(request)
    try:
        if "try" in request.GET:
            trials = [_tried(trial) for trial in actions.try_out(text, present())]
            return render(request, "insight/_check.html", {"trials": trials})
        found = actions.check(text)
    except Located as error:
        return render(request, "insight/_check.html", {"fault": _fault(text, error)})
    return render(request, "insight/_check.html", {"traits": [_said(trait) for trait in found.traits]})


@require_POST
@requires("insight.edit")
def retire(request: HttpRequest, name: str) -> HttpResponse:
    """Compute a trait no more, once its name was typed and nothing uses it."""
    one = queries.get_trait(name)
    if request.POST.get("typed") != name:
        return trait_page.page(
            request, one, problem=_("Type %(name)s to retire this trait.") % {"name": name}, status=422
        )
    try:
        actions.retire(name, actor=staff_of(request), now=present())
    except Refused as error:
        return trait_page.page(request, one, problem=str(error), status=422)
    notices.add(request, _("The trait %(name)s is retired. Days that have it keep it.") % {"name": name})
    return redirect("insight:traits")


def _edited(request: HttpRequest, text: str, name: str) -> HttpResponse:
    there = queries.history_of(name)
    seen = request.POST.get("seen", str(there[0].version) if there else "")
    context: dict[str, Any] = {"name": name, "text": text, "seen": seen, "vocabulary": _vocabulary()}
    if request.method != "POST":
        return render(request, "insight/edit.html", context)
    context["text"] = text = _text(request)
    if name and seen != str(there[0].version):
        return render(
            request, "insight/edit.html", {**context, "theirs": there[0], "seen": there[0].version}, status=422
        )
    try:
        kept = actions.declare(text, actor=staff_of(request), now=present())
    except Located as error:
        return render(request, "insight/edit.html", {**context, "fault": _fault(text, error)}, status=422)
    if kept:
        notices.add(request, _("Saved. Values follow at the next computation of traits."))
    return redirect("insight:trait", name=kept[0].name) if kept else redirect("insight:traits")


def _text(request: HttpRequest) -> str:
    """What was typed; browsers send lines ended the way of typewriters."""
    return request.POST.get("text", "").replace("\r\n", "\n")


def _said(trait: Any) -> dict[str, str]:
    return {
        "name": trait.name, "title": formats.in_language(trait.title), "type": texts.type_title(trait),
        "source": texts.source_title(trait), "period": texts.period(trait), "owner": texts.owner(trait),
    }  # fmt: skip


def _tried(trial: actions.Trial) -> dict[str, Any]:
    people = Customer.objects.in_bulk([number for number, _value in trial.sample])
    sample = [(people.get(number), number, texts.written(trial.trait, value)) for number, value in trial.sample]
    return {
        "trial": trial, "said": _said(trial.trait), "sample": sample,
        "spread": pictures.spread(trial.trait, trial.distribution),
    }  # fmt: skip


def _fault(text: str, error: Located) -> Fault:
    lines = text.splitlines() or [""]
    line = lines[min(error.line, len(lines)) - 1]
    place = error.column - 1
    message, hint = error.in_words(_)
    return Fault(message=message, hint=hint, line=error.line, column=error.column,
                 before=line[:place], after=line[place:])  # fmt: skip


def _vocabulary() -> dict[str, Any]:
    return {
        "tables": [(table, list(columns)) for table, columns in FACTS.items()], "types": TYPES,
        "aggregates": _(aggregates.HELP), "functions": expressions.FUNCTIONS,
    }  # fmt: skip
