"""The pages that write a segment: its editor with two faces, and what the editor asks for while one works."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import redirect, render
from django.template.loader import render_to_string
from django.utils.html import format_html
from django.utils.translation import get_language, ngettext
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from cordiale.accounts.access import staff_of
from cordiale.accounts.permissions import requires
from cordiale.company import company
from cordiale.consent.purposes import purposes
from cordiale.customers.models import Customer
from cordiale.customers.queries import get_customer, search
from cordiale.errors import CordialeError, NotFound
from cordiale.lake import Stopped
from cordiale.segments import actions, queries
from cordiale.segments.builder import drafts, offers
from cordiale.segments.builder.controls import Painter
from cordiale.segments.builder.drafts import Draft
from cordiale.segments.builder.outline import to_json
from cordiale.segments.builder.proposals import PROPERTY_NAMES, PROPERTY_VALUES
from cordiale.segments.builder.subjects import helps
from cordiale.segments.faults import fault
from cordiale.segments.forms import SegmentForm
from cordiale.segments.models import Segment
from cordiale.segments.queries import listing
from cordiale.segments.queries.called import Names
from cordiale.segments.queries.counting import Counts
from cordiale.segments.rules import BadExpression
from cordiale.segments.rules.sentence import sentence
from cordiale.ui import formats, notices
from cordiale.ui.context import present

FOUND = 8


@require_http_methods(["GET", "HEAD", "POST"])
@requires("segments.edit")
def new(request: HttpRequest) -> HttpResponse:
    """An empty editor; saving leads to the segment's page."""
    if request.method == "POST":
        return _save(request, None)
    draft = _opened(request, request.GET.get("expression", ""))
    return _page(request, None, SegmentForm(), draft)


@require_safe
@requires("segments.edit")
def edit(request: HttpRequest, name: str) -> HttpResponse:
    """The editor of a segment; `?face=text` opens it as text, `?revision=` at an earlier revision."""
    one = queries.get_segment(name)
    text = one.expression
    number = request.GET.get("revision", "")
    if number.isdecimal():
        kept = one.revisions.filter(number=int(number[:9])).first()
        text = kept.expression if kept else text
    return _page(request, one, SegmentForm(initial=_initial(one)), _opened(request, text))


@require_POST
@requires("segments.edit")
def save(request: HttpRequest, name: str) -> HttpResponse:
    """Save an edited segment; where that is refused, the same page with everything kept."""
    return _save(request, queries.get_segment(name))


@require_POST
@requires("segments.edit")
def build(request: HttpRequest) -> JsonResponse:
    """The editor after a change: its fields, problems by rule and sentence. A count that runs for it is stopped."""
    queries.cancel(_editor(request))
    draft, focus = drafts.of_post(request.POST, _offers(), company().zone, _language())
    return JsonResponse(_state(request, draft) | {
        "html": render_to_string("segments/_face.html", _face(draft), request), "focus": focus,
    })  # fmt: skip


@require_POST
@requires("segments.see")
def count(request: HttpRequest) -> HttpResponse:
    """The count, share, reach and samples of a draft, and a count a rule; 409 where a later one was asked for."""
    draft, _focus = drafts.of_post(request.POST, _offers(), company().zone, _language())
    if draft.expression is None:
        return JsonResponse({"panel": "", "rules": {}}, status=422)
    try:
        with queries.only_the_latest(_editor(request)) as stop:
            counted = queries.counts(draft.expression, present(), cancel=stop)
    except Stopped:
        return JsonResponse({"panel": "", "rules": {}}, status=409)
    except NotFound as error:
        return JsonResponse({"panel": format_html("<p>{}</p>", str(error)), "rules": {}})
    panel = render_to_string("segments/_counts.html", _counted(draft, counted), request)
    return JsonResponse({"panel": panel, "rules": _beside(draft, counted)})


@require_POST
@requires("segments.edit")
def test(request: HttpRequest) -> HttpResponse:
    """Customers for what was typed; or, of the one chosen, which rules hold, with their values."""
    draft, _focus = drafts.of_post(request.POST, _offers(), company().zone, _language())
    context: dict[str, Any] = {"is_sound": draft.is_sound}
    held: dict[str, bool] = {}
    try:
        if request.POST.get("customer") and draft.is_sound:
            who = get_customer(request.POST["customer"])
            results = queries.explain(draft.text, who.pk, present())
            context |= {"who": who, "results": results}
            held = _by_place(draft, {_span(draft.text, one): one.held for one in results})
        elif request.POST.get("q", "").strip():
            context |= {"found": search(request.POST["q"].strip(), at_most=FOUND), "asked": request.POST["q"]}
    except CordialeError as error:
        context["problem"] = str(error)
    return JsonResponse({"panel": render_to_string("segments/_test.html", context, request), "rules": held})


@require_safe
@requires("segments.see")
def values(request: HttpRequest) -> JsonResponse:
    """What a text field, a column or a property of an event (`event`, `property`) often is, holding `q`; 50 at most."""
    about, typed = request.GET.get("name", ""), request.GET.get("q", "")[:120]
    event, named = request.GET.get("event", "")[:120], request.GET.get("property", "")[:120]
    try:
        if about == PROPERTY_NAMES:
            found = queries.property_names(event, containing=typed)
        elif about == PROPERTY_VALUES:
            found = queries.property_values(event, named, containing=typed)
        else:
            found = queries.top_values(about, present(), containing=typed)
    except NotFound:
        found = []
    said = _rows if "." in about and about not in (PROPERTY_NAMES, PROPERTY_VALUES) else _customers
    return JsonResponse({"values": [{"value": one.value, "said": said(one.many)} for one in found]})


def _customers(many: int) -> str:
    return ngettext("%(many)s customer", "%(many)s customers", many) % {"many": formats.number(many)}


def _rows(many: int) -> str:
    return ngettext("%(many)s time", "%(many)s times", many) % {"many": formats.number(many)}


def _save(request: HttpRequest, one: Segment | None) -> HttpResponse:
    posted = request.POST.copy()
    if one is not None:
        posted["name"] = one.name
    draft, _focus = drafts.of_post(posted, _offers(), company().zone, _language())
    if draft.gaps:
        draft.problems |= draft.gaps
        draft.gaps = {}
    elif not draft.is_sound and draft.fault is None and not draft.problems:
        draft.problems[""] = _("A segment takes one rule at least.")
    form = SegmentForm(posted)
    problem = {} if not form.is_valid() or not draft.is_sound else _saved(request, form, draft, one)
    if problem is None:
        notices.add(request, _("Saved. Members follow at the next refresh."))
        request.session["segment_saved"] = form.cleaned_data["name"]
        return redirect("segments:segment", name=form.cleaned_data["name"])
    return _page(request, one, form, draft, problem, status=422)


def _saved(request: HttpRequest, form: SegmentForm, draft: Draft, one: Segment | None) -> dict[str, Any] | None:
    """None where saved; otherwise what to show beside the fields."""
    given = form.cleaned_data
    if one is None and Segment.objects.filter(name=given["name"]).exists():
        form.add_error("name", _("A segment has this name already; choose another."))
        return {}
    if one is not None and one.revision != given["revision"]:
        return {"theirs": one, "their_words": listing.in_words(one.expression, _language()),
                "fresh_revision": one.revision}  # fmt: skip
    text = one.expression if one is not None and _is_unchanged(one, draft) else draft.text
    try:
        actions.save_segment(given["name"], text, title=form.title(), actor=staff_of(request), now=present())
    except BadExpression as error:  # it would contain itself
        draft.problems[""], draft.fault = " ".join(error.told(_language())), error
        return {}
    except CordialeError as error:
        form.add_error("name", str(error))
        return {}
    return None


def _is_unchanged(one: Segment, draft: Draft) -> bool:
    """Does the text as it was written say the same as the visual face? Then it stays as written."""
    if draft.face == drafts.TEXT:
        return False
    return drafts.of_text(one.expression, drafts.VISUAL, draft.offers, company().zone, _language()).text == draft.text


def _opened(request: HttpRequest, text: str) -> Draft:
    face = drafts.TEXT if request.GET.get("face") == drafts.TEXT else drafts.VISUAL
    draft = drafts.of_text(text, face, _offers(), company().zone, _language())
    if draft.face == drafts.VISUAL and not draft.outline.parts:
        draft.outline, _place = drafts.begun(draft.outline)
    return draft


def _page(
    request: HttpRequest, one: Segment | None, form: SegmentForm, draft: Draft,
    problem: Mapping[str, Any] | None = None, *, status: int = 200,
) -> HttpResponse:  # fmt: skip
    context = {"segment": one, "form": form, "is_refused": status != 200, "helps": helps(draft.offers),
               **_face(draft), **_state(request, draft),
               **(problem or {})}  # fmt: skip
    return render(request, "segments/editor.html", context, status=status)


def _face(draft: Draft) -> dict[str, Any]:
    """What the template of a face shows."""
    painter = Painter(offers=draft.offers, language=_language(), problems=draft.problems, gaps=draft.gaps)
    return {"draft": draft, "root": painter.part(draft.outline), "outline_text": json.dumps(to_json(draft.outline)),
            "fault": fault(draft.text, draft.fault, _language()) if draft.fault else None}  # fmt: skip


def _state(request: HttpRequest, draft: Draft) -> dict[str, Any]:
    """What the editor keeps beside the fields: the outline to send back, problems, the sentence."""
    words = ""
    if draft.expression is not None:
        our = company()
        names = Names(_language())
        words = sentence(draft.expression.root, _language(), zone=our.zone, currency=our.currency, names=names)
    marked = fault(draft.text, draft.fault, _language()) if draft.fault else None
    shown = render_to_string("segments/_fault.html", {"fault": marked}, request) if marked else ""
    return {"face": draft.face, "outline": to_json(draft.outline), "text": draft.text, "sentence": words,
            "problems": draft.problems, "gaps": draft.gaps, "is_sound": draft.is_sound,
            "fault_html": shown}  # fmt: skip


def _counted(draft: Draft, counted: Counts) -> dict[str, Any]:
    """What the panel shows."""
    titles = {code: purpose.title for code, purpose in purposes().items()}
    reach = [
        {"purpose": titles[one.purpose], "channel": one.channel, "members": one.customers, "share": one.share}
        for one in counted.reach
    ]
    people = Customer.objects.filter(pk__in=counted.samples).order_by("pk")
    rules = counted.rules if draft.face == drafts.TEXT else []
    return {"counted": counted, "reach": reach, "people": people, "rules": rules}


def _beside(draft: Draft, counted: Counts) -> dict[str, str]:
    by_span = {_span(draft.text, one): formats.number(one.matching) for one in counted.rules}
    return _by_place(draft, by_span)


def _span(text: str, rule: Any) -> tuple[int, int]:
    """Where a rule stands in the text."""
    before = sum(len(line) + 1 for line in text.split("\n")[: rule.line - 1])
    start = before + rule.column - 1
    return start, start + len(rule.text)


def _by_place(draft: Draft, by_span: Mapping[tuple[int, int], Any]) -> dict[str, Any]:
    """By place of the outline. The language counts the parentheses of a group as its own."""
    found = {}
    for place, (start, end) in draft.spans().items():
        value = by_span.get((start, end), by_span.get((start - 1, end + 1)))
        if value is not None:
            found[place or "0."] = value
    return found


def _offers() -> offers.Offers:
    return offers.offers(_language())


def _editor(request: HttpRequest) -> str:
    return f"{staff_of(request).pk}:{request.POST.get('editor', '')[:80]}"


def _initial(one: Segment) -> dict[str, Any]:
    return {"name": one.name, "title_fr": one.title.get("fr", ""), "title_en": one.title.get("en", ""),
            "revision": one.revision}  # fmt: skip


def _language() -> str:
    return (get_language() or "fr")[:2]
