"""The pages of segments: the list, one segment, its editor with a live count, and the test of a customer."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import get_language
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from cordiale.accounts.access import staff_of
from cordiale.accounts.permissions import may, requires
from cordiale.customers.queries import get_customer
from cordiale.errors import CordialeError, NotFound, Refused
from cordiale.insight.queries import find_snapshot
from cordiale.segments import actions, queries
from cordiale.segments.forms import SegmentForm
from cordiale.segments.models import Segment
from cordiale.segments.queries import listing
from cordiale.segments.rules import BadExpression
from cordiale.ui import formats, notices
from cordiale.ui.context import present

PAGE = 50
REVISIONS = 10


@dataclass(frozen=True, kw_only=True)
class Fault:
    """A refused expression, ready to show: what is wrong, how to mend it, and the text around the place."""

    message: str
    mend: str
    line: int
    column: int
    before: str
    bad: str
    after: str


@require_safe
@requires("segments.see")
def index(request: HttpRequest) -> HttpResponse:
    """All segments, with size, share, sentence and where they are used."""
    page = Paginator(listing.list_segments(), PAGE).get_page(request.GET.get("page"))
    segments = list(page)
    latest = find_snapshot()
    said = listing.sentences([one.expression for one in segments], _language())
    used = listing.used_by([one.name for one in segments])
    rows = [
        {
            "segment": one,
            "share": _share(one, latest.customers if latest else 0),
            "sentence": words,
            "uses": used[one.name],
        }
        for one, words in zip(segments, said, strict=True)
    ]
    return render(request, "segments/list.html", {"page": page, "rows": rows, "may_edit": _may_edit(request)})


@require_safe
@requires("segments.see")
def segment(request: HttpRequest, name: str) -> HttpResponse:
    """One segment and everything known of it; `?customer=` tests somebody against it."""
    one = queries.get_segment(name)
    form = SegmentForm(initial=_initial(one))
    return render(request, "segments/segment.html", _context(request, one, form))


@require_http_methods(["GET", "HEAD", "POST"])
@requires("segments.edit")
def new(request: HttpRequest) -> HttpResponse:
    """An empty editor; saving leads to the segment's page."""
    if request.method != "POST":
        form = SegmentForm(initial={"expression": request.GET.get("expression", "")})
        return render(request, "segments/new.html", {"form": form})
    form = SegmentForm(request.POST)
    problem = _save(request, form, is_new=True)
    if problem is None:
        return redirect("segments:segment", name=form.cleaned_data["name"])
    return render(request, "segments/new.html", {"form": form, **problem}, status=422)


@require_POST
@requires("segments.edit")
def save(request: HttpRequest, name: str) -> HttpResponse:
    """Save an edited segment; where that is refused, the same page with the text kept."""
    one = queries.get_segment(name)
    form = SegmentForm({**request.POST.dict(), "name": name})
    problem = _save(request, form, is_new=False)
    if problem is None:
        return redirect("segments:segment", name=name)
    return render(request, "segments/segment.html", {**_context(request, one, form), **problem}, status=422)


@require_POST
@requires("segments.edit")
def delete(request: HttpRequest, name: str) -> HttpResponse:
    """Delete a segment that nothing uses, once its name was typed."""
    one = queries.get_segment(name)
    if request.POST.get("typed") != name:
        return _not_deleted(request, one, _("Type %(name)s to delete this segment.") % {"name": name})
    try:
        actions.delete_segment(name, actor=staff_of(request), now=present())
    except Refused as error:
        return _not_deleted(request, one, str(error))
    notices.add(request, _("The segment %(name)s is deleted.") % {"name": name})
    return redirect("segments:list")


def _not_deleted(request: HttpRequest, one: Segment, reason: str) -> HttpResponse:
    context = {**_context(request, one, SegmentForm(initial=_initial(one))), "delete_problem": reason}
    return render(request, "segments/segment.html", context, status=422)


@require_POST
@requires("segments.see")
def preview(request: HttpRequest) -> HttpResponse:
    """The fragment under the editor: the count, share and sentence of what is typed, or its fault."""
    text = request.POST.get("expression", "")
    context: dict[str, Any] = {"text": text}
    try:
        counted = queries.count(text, present())
        context |= {"count": counted, "sentence": listing.in_words(text, _language())}
    except BadExpression as error:
        context["fault"] = _fault(text, error)
    except NotFound as error:
        context |= {"problem": str(error), "sentence": listing.in_words(text, _language())}
    return render(request, "segments/_preview.html", context)


def _save(request: HttpRequest, form: SegmentForm, *, is_new: bool) -> dict[str, Any] | None:
    """None where saved; otherwise what to show beside the fields."""
    if not form.is_valid():
        return {}
    values = form.cleaned_data
    existing = Segment.objects.filter(name=values["name"]).first()
    if is_new and existing:
        form.add_error("name", _("A segment has this name already; choose another."))
        return {}
    if existing and existing.revision != values["revision"]:
        return {"theirs": existing, "fresh_revision": existing.revision}
    try:
        actions.save_segment(
            values["name"], values["expression"], title=form.title(), actor=staff_of(request), now=present()
        )
    except BadExpression as error:
        return {"fault": _fault(values["expression"], error)}
    except CordialeError as error:
        form.add_error("name", str(error))
        return {}
    notices.add(request, _("Saved. Members follow at the next refresh."))
    return None


def _context(request: HttpRequest, one: Segment, form: SegmentForm) -> dict[str, Any]:
    latest = find_snapshot()
    now = present()
    weeks = listing.weekly_moves(one, now)
    return {
        "segment": one, "form": form, "may_edit": _may_edit(request),
        "sentence": listing.in_words(one.expression, _language()),
        "share": _share(one, latest.customers if latest else 0), "customers": latest.customers if latest else 0,
        "is_pending": one.evaluated_revision != one.revision,
        "reach": listing.reach(one), "samples": listing.samples(one), "uses": listing.used_by([one.name])[one.name],
        "weeks": weeks, "moves": _chart(weeks), "revisions": one.revisions.order_by("-number")[:REVISIONS],
        "tested": request.GET.get("customer", ""), **_rules(one, now), **_tested(request, one, now),
    }  # fmt: skip


def _rules(one: Segment, now: Any) -> dict[str, Any]:
    try:
        return {"rules": queries.count_rules(one.expression, now)}
    except (BadExpression, NotFound) as error:
        return {"rules_problem": str(error)}


def _tested(request: HttpRequest, one: Segment, now: Any) -> dict[str, Any]:
    asked = request.GET.get("customer", "").strip()
    if not asked:
        return {}
    try:
        who = get_customer(asked)
        return {"who": who, "results": queries.explain(one.expression, who.pk, now)}
    except CordialeError as error:
        return {"test_problem": str(error)}


def _chart(weeks: list[listing.Week]) -> dict[str, Any]:
    entered, left = sum(one.entered for one in weeks), sum(one.left for one in weeks)
    return {
        "labels": [formats.day(one.opens) for one in weeks],
        "series": [
            {"name": _("Came in"), "values": [one.entered for one in weeks]},
            {"name": _("Went out"), "values": [one.left for one in weeks]},
        ],
        "summary": _("In the last 8 weeks, %(entered)s came in and %(left)s went out.")
        % {"entered": formats.number(entered), "left": formats.number(left)},
    }


def _fault(text: str, error: BadExpression) -> Fault:
    message, mend = error.told(_language())
    return Fault(
        message=message, mend=mend, line=error.line, column=error.column, before=text[: error.start],
        bad=text[error.start : error.end], after=text[error.end :],
    )  # fmt: skip


def _initial(one: Segment) -> dict[str, Any]:
    return {
        "name": one.name, "title_fr": one.title.get("fr", ""), "title_en": one.title.get("en", ""),
        "expression": one.expression, "revision": one.revision,
    }  # fmt: skip


def _share(one: Segment, customers: int) -> float | None:
    return one.size / customers if one.size is not None and customers else None


def _may_edit(request: HttpRequest) -> bool:
    return may(staff_of(request).role, "segments.edit")


def _language() -> str:
    return (get_language() or "fr")[:2]
