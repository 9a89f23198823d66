"""The page of duplicates: pairs to decide about, side by side, and what was decided."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.http import urlencode
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_POST, require_safe

from cordiale.accounts.access import staff_of
from cordiale.accounts.permissions import may, requires
from cordiale.customers.models import Customer
from cordiale.duplicates import merging, queries, words
from cordiale.duplicates.models import State, Suggestion
from cordiale.duplicates.parts import KIND
from cordiale.duplicates.policy import policy
from cordiale.duplicates.rules import records
from cordiale.jobs import actions as jobs
from cordiale.jobs.models import OPEN, Job
from cordiale.ui import notices
from cordiale.ui.context import present

PAGE = 50
NEARLY = 0.999
"""What is more probable is written as more than this: nothing is certain."""
STATES = {
    State.OPEN: gettext_lazy("To decide"),
    State.MERGED: gettext_lazy("Merged"),
    State.REFUSED: gettext_lazy("Different people"),
}
SHARED = {
    "email": gettext_lazy("Same email address"),
    "phone": gettext_lazy("Same telephone"),
    "birth_on": gettext_lazy("Same birth date"),
    "address": gettext_lazy("Same street"),
}
FIELDS = {
    "birth_on": gettext_lazy("Born on"),
    "street": gettext_lazy("Street"),
    "postcode": gettext_lazy("Postcode"),
    "city": gettext_lazy("City"),
    "email": gettext_lazy("Email address"),
    "phone": gettext_lazy("Phone"),
}


@dataclass(frozen=True)
class Line:
    """One field of the two, and whether they differ once written alike."""

    label: Any
    values: tuple[Any, Any]
    differs: bool


@require_safe
@requires("quality.see")
def index(request: HttpRequest) -> HttpResponse:
    """Pairs by probability, 50 a page; `?state=` shows what was decided, `?shared=` those that share a value."""
    state = _chosen(request, "state", STATES) or State.OPEN
    shared = _chosen(request, "shared", SHARED)
    page = Paginator(queries.queue(state=state, shared=shared), PAGE).get_page(request.GET.get("page"))
    policies, (records_measured, measured) = policy(), queries.sample()
    context = {
        "page": page, "cards": [_card(one) for one in page], "state": state, "states": STATES.items(), "shared": shared,
        "shared_options": SHARED.items(), "policy": policies, "measured": measured, "sample_records": records_measured,
        "run": queries.latest_run(), "is_searching": Job.objects.filter(kind=KIND, state__in=OPEN).exists(),
        "may_merge": may(staff_of(request).role, "customers.merge"), "done": _just_decided(request),
    }  # fmt: skip
    return render(request, "duplicates/list.html", context)


@require_POST
@requires("customers.merge")
def find(request: HttpRequest) -> HttpResponse:
    """Look for duplicates in the background, unless that is under way."""
    if not Job.objects.filter(kind=KIND, state__in=OPEN).exists():
        arguments = {"full": request.POST.get("full") == "1"}
        jobs.enqueue(KIND, arguments, _("Looking for duplicates"), staff_of(request), present())
    notices.add(request, _("Duplicates are being looked for; pairs appear here once that is done."), "info")
    return redirect("duplicates:list")


@require_POST
@requires("customers.merge")
def merge(request: HttpRequest, number: int) -> HttpResponse:
    """The two are one person."""
    return _next(request, merging.merge_pair(number, actor=staff_of(request), now=present()))


@require_POST
@requires("customers.merge")
def refuse(request: HttpRequest, number: int) -> HttpResponse:
    """The two are different people."""
    return _next(request, merging.refuse(number, actor=staff_of(request), now=present()))


@require_POST
@requires("customers.merge")
def take_back(request: HttpRequest, number: int) -> HttpResponse:
    """Undo what was decided about a pair."""
    pair = merging.take_back(number, actor=staff_of(request), now=present())
    said = _("The two are apart again, as they were.") if pair.state == State.REFUSED else _("The pair waits again.")
    notices.add(request, said)
    return redirect("duplicates:list")


def _next(request: HttpRequest, pair: Suggestion) -> HttpResponseRedirect:
    """Back to where the list was, with the way to undo."""
    kept = {name: str(request.POST[name]) for name in ("shared", "page") if request.POST.get(name)}
    query = urlencode({**kept, "done": str(pair.pk)})
    return HttpResponseRedirect(f"{reverse('duplicates:list')}?{query}")


def _just_decided(request: HttpRequest) -> Suggestion | None:
    number = request.GET.get("done", "")
    if not number.isdecimal() or len(number) > 18:
        return None
    return Suggestion.objects.exclude(state=State.OPEN).select_related("first", "second").filter(pk=int(number)).first()


def _card(pair: Suggestion) -> dict[str, Any]:
    supporting, opposing = words.evidence(pair.levels)
    return {
        "pair": pair, "chance": min(pair.probability, NEARLY), "is_more": pair.probability > NEARLY,
        "survivor": merging.survivor_of(pair.first, pair.second), "supporting": supporting, "opposing": opposing,
        "doubts": words.in_doubt(pair.levels), "lines": _lines(pair.first, pair.second),
    }  # fmt: skip


def _lines(first: Customer, second: Customer) -> list[Line]:
    written = [records.record({name: getattr(one, name) for name in records.SOURCES}) for one in (first, second)]
    lines = []
    for name, label in FIELDS.items():
        values = (getattr(first, name), getattr(second, name))
        one, other = (record[name] for record in written)
        if any(values):
            lines.append(Line(label, values, bool(one and other and one != other)))
    return lines


def _chosen(request: HttpRequest, name: str, options: Any) -> str:
    value = request.GET.get(name, "")
    return value if value in options else ""
