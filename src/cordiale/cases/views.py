"""The inbox of cases, one case, and a new one."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import asdict
from typing import Any

from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from cordiale.accounts.access import staff_of
from cordiale.accounts.models import AuditEntry, Staff
from cordiale.accounts.permissions import requires
from cordiale.cases import actions, forms, queries, words
from cordiale.cases.models import Case, Channel, NoteKind, Priority
from cordiale.cases.rules import Opening
from cordiale.customers import queries as customers
from cordiale.customers.models import Customer
from cordiale.errors import CordialeError, Refused
from cordiale.ui import notices
from cordiale.ui.context import present

_PAGE = 50
_OTHERS = 5
_WRITE: dict[str, Callable[..., Any]] = {
    "internal": actions.note,
    "answer": actions.answer,
    "reply": actions.reply,
    "resolve": actions.resolve,
}


@require_safe
@requires("cases.see")
def inbox(request: HttpRequest) -> HttpResponse:
    """Cases by tab and filters of the address, 50 a page, who waits longest first."""
    staff, now = staff_of(request), present()
    asked = {name: request.GET.get(name, "").strip()[:200] for name in ("tab", "category", "channel", "priority")}
    asked["tab"] = asked["tab"] if asked["tab"] in queries.TABS else "all"
    filters = queries.Filters(**asked, text=request.GET.get("q", "").strip()[:200])
    page = Paginator(queries.inbox(filters, staff), _PAGE).get_page(request.GET.get("page"))
    context = {
        "page": page,
        "rows": [words.in_list(case, now) for case in page],
        "filters": filters,
        "is_narrowed": any(value for name, value in asdict(filters).items() if name != "tab"),
        "tabs": words.tabs(queries.counts(staff)),
        "figures": words.figures(queries.figures(now)),
        "categories": forms.category_choices(),
        "channels": Channel.choices,
        "priorities": [(str(value), label) for value, label in Priority.choices],
        "may_edit": staff.may("cases.edit"),
    }
    return render(request, "cases/list.html", context)


@require_safe
@requires("cases.see")
def show(request: HttpRequest, number: int) -> HttpResponse:
    """One case: its thread, what can be done, and the customer beside it."""
    return _page(request, queries.get_case(number))


@require_http_methods(["GET", "HEAD", "POST"])
@requires("cases.edit")
def new(request: HttpRequest) -> HttpResponse:
    """A new case of the customer `?customer=`; without one, the customer is looked for first."""
    number = request.GET.get("customer", "")
    if not number:
        return _choose_customer(request)
    customer = get_object_or_404(Customer, id=int(number) if number.isdecimal() and len(number) < 19 else 0)
    form = forms.OpenForm(request.POST) if request.method == "POST" else forms.OpenForm()
    if form.is_valid():
        case = _open(form.cleaned_data, customer, staff_of(request))
        notices.add(request, _("Case %(number)s is open.") % {"number": case.pk})
        return redirect("cases:case", number=case.pk)
    context = {"form": form, "customer": customer}
    return render(request, "cases/new.html", context, status=422 if form.is_bound else 200)


@require_POST
@requires("cases.edit")
def write(request: HttpRequest, number: int) -> HttpResponse:
    """A note, an answer, the customer's words, or the end of the case, by the button pressed."""
    act = _WRITE.get(request.POST.get("act", ""))
    if act is None:
        raise CordialeError(_("Press one of the buttons under the text."))
    return _do(request, number, act, request.POST.get("text", ""))


@require_POST
@requires("cases.edit")
def assign(request: HttpRequest, number: int) -> HttpResponse:
    """To the one chosen; `me` and nobody (empty) can be chosen too. `back=inbox` returns there."""
    chosen = request.POST.get("to", "")
    if chosen == "me":
        handler: Staff | None = staff_of(request)
    else:
        handler = get_object_or_404(Staff, pk=int(chosen)) if chosen.isdecimal() else None
    answer = _do(request, number, actions.assign, handler)
    if request.POST.get("back") != "inbox":
        return answer
    to = str(handler) if handler else _("nobody")
    notices.add(request, _("Case %(number)s is given to %(who)s.") % {"number": number, "who": to})
    return redirect("cases:list")


@require_POST
@requires("cases.edit")
def classify(request: HttpRequest, number: int) -> HttpResponse:
    """Another category or priority."""
    form = forms.ClassifyForm(request.POST)
    if not form.is_valid():
        raise CordialeError(_("Choose a category and a priority from the lists."))
    return _do(request, number, actions.classify, **form.cleaned_data)


@require_POST
@requires("cases.edit")
def reopen(request: HttpRequest, number: int) -> HttpResponse:
    """Take it up again."""
    return _do(request, number, actions.reopen)


@require_POST
@requires("cases.edit")
def rate(request: HttpRequest, number: int) -> HttpResponse:
    """How satisfied the customer is."""
    form = forms.RateForm(request.POST)
    if not form.is_valid():
        raise CordialeError(_("Satisfaction is a whole number from 1 to 5."))
    return _do(request, number, actions.rate, form.cleaned_data["score"], form.cleaned_data["comment"])


def _do(request: HttpRequest, number: int, act: Callable[..., Any], *given: Any, **named: Any) -> HttpResponse:
    """Call a verb. Where somebody was faster, or it is refused, the case as it is now with the text kept."""
    try:
        act(number, *given, actor=staff_of(request), now=present(), seen=forms.seen(request.POST), **named)
    except Refused as refusal:
        return _page(request, queries.get_case(number), refusal=refusal, text=request.POST.get("text", ""))
    except CordialeError as error:
        return _page(request, queries.get_case(number), error=error, text=request.POST.get("text", ""))
    return redirect("cases:case", number=number)


def _page(request: HttpRequest, case: Case, **more: Any) -> HttpResponse:
    now = present()
    notes = list(case.notes.select_related("staff").order_by("at", "id"))
    others = queries.of_customer(case.customer_id).exclude(pk=case.pk)[:_OTHERS] if case.customer_id else []
    context = {
        "case": case,
        "shown": words.in_list(case, now),
        "notes": [(one, NoteKind(one.kind).label) for one in notes],
        "times": words.times(case, now),
        "others": [words.in_list(one, now) for one in others],
        "handlers": queries.handlers(),
        "form": forms.ClassifyForm(initial={"category": case.category, "priority": case.priority}),
        "rating": forms.RateForm(),
        "changes": AuditEntry.objects.filter(noun="case", name=str(case.pk)).order_by("-at", "-id")[:_PAGE],
        "verbs": words.VERBS,
        "may_edit": staff_of(request).may("cases.edit"),
        **more,
    }
    return render(request, "cases/case.html", context, status=409 if more.get("refusal") else 422 if more else 200)


def _choose_customer(request: HttpRequest) -> HttpResponse:
    text = request.GET.get("q", "").strip()[:200]
    found = customers.find(text) if text else []
    return render(request, "cases/choose.html", {"text": text, "found": found})


def _open(values: dict[str, Any], customer: Customer, staff: Staff) -> Case:
    opening = Opening(
        customer_id=customer.pk,
        **{name: values[name] for name in ("channel", "category", "priority", "subject", "text")},
    )
    return actions.open_case(opening, actor=staff, now=present(), handler=staff if values["is_mine"] else None)
