"""Writing down what a customer says is right, a new customer, and where each value comes from."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_safe

from cordiale.accounts import actions as accounts
from cordiale.accounts.models import Staff
from cordiale.accounts.permissions import may, requires
from cordiale.customers import actions, forms, history, postal, rules, validation
from cordiale.customers.models import Customer
from cordiale.customers.rules import RowRefused
from cordiale.errors import CordialeError
from cordiale.ui import context, notices

SOURCE = "correction"


@require_http_methods(["GET", "HEAD", "POST"])
@requires("customers.edit")
def edit(request: HttpRequest, customer_id: int) -> HttpResponse:
    """Correct values. Only what the editor changed is written; what somebody else changed meanwhile is shown beside."""
    customer = get_object_or_404(Customer, id=customer_id)
    if request.method != "POST":
        return _form(request, customer, forms.groups(validation.current_values(customer)))
    posted = request.POST.dict()
    typed = forms.changes(posted)
    try:
        changed = actions.correct(
            customer.pk, typed, context.present(), source=SOURCE, seen_at=rules.moment(posted.get("seen_at"))
        )
    except validation.NotValid as refusal:
        current = validation.current_values(customer)
        return _form(request, customer, forms.groups(current, typed, refusal.problems, posted), has_errors=True)
    except actions.ChangedMeanwhile as refusal:
        current = validation.current_values(refusal.current)
        return _form(request, refusal.current, forms.groups(current, typed, {}, posted), is_stale=True)
    _audit(request, customer.pk, "correct", {"fields": changed})
    notices.add(request, _("Saved.") if changed else _("Nothing was changed."))
    return redirect("customers:customer", customer_id=customer.pk)


@require_http_methods(["GET", "HEAD", "POST"])
@requires("customers.edit")
def new(request: HttpRequest) -> HttpResponse:
    """Write down a customer nobody knows yet; who already has the email address or the number is shown first."""
    if request.method != "POST":
        return _new_form(request, {}, {}, [])
    posted = request.POST.dict()
    typed = {name: value for name, value in forms.changes(posted).items() if value}
    reference = posted.get("reference", "").strip()
    errors: dict[str, str] = {}
    values, errors = validation.sift(typed)
    if reference and Customer.everyone.filter(reference=reference).exists():
        errors["reference"] = _("Another customer has this reference; choose another, or leave it empty.")
    if not errors and not (values or reference):
        errors["first_name"] = _("Write at least a name or a way to reach the customer.")
    known = [] if errors or posted.get("is_sure") else _who_has(values)
    if errors or known:
        return _new_form(request, typed, errors, known, reference)
    now: datetime = context.present()
    row = actions.Submitted(reference=reference, values=values, source=SOURCE, at=now, standing="own")
    try:
        (customer_id,) = actions.submit([row], now)
    except RowRefused as refusal:
        return _new_form(request, typed, {"reference": str(refusal)}, [], reference)
    _audit(request, customer_id, "create", {"fields": sorted(values)})
    return redirect("customers:customer", customer_id=customer_id)


@require_safe
@requires("customers.see")
def values(request: HttpRequest, customer_id: int) -> HttpResponse:
    """Every value every source gave, which one is kept and why."""
    customer = get_object_or_404(Customer, id=customer_id)
    shown = {
        "customer": customer,
        "fields": history.of(customer),
        "most": history.READ_AT_MOST,
        "may_edit": may(getattr(request.user, "role", ""), "customers.edit"),
        "postal_lines": postal.postal_lines(customer),
        "postal_problems": postal.problems(customer),
    }
    return render(request, "customers/values.html", shown)


def _form(request: HttpRequest, customer: Customer, groups: list[forms.Group], **flags: bool) -> HttpResponse:
    shown: dict[str, Any] = {
        "customer": customer,
        "groups": groups,
        "seen_at": customer.updated_at.isoformat(),
        **flags,
    }
    return render(request, "customers/edit.html", shown | flags, status=422 if flags else 200)


def _new_form(
    request: HttpRequest, typed: dict[str, str], errors: dict[str, str], known: list[Customer], reference: str = ""
) -> HttpResponse:
    shown = {
        "groups": forms.groups({}, typed, errors), "has_errors": bool(errors), "known": known, "reference": reference,
        "reference_error": errors.get("reference", ""),
    }  # fmt: skip
    return render(request, "customers/new.html", shown, status=422 if errors or known else 200)


def _who_has(values: dict[str, Any]) -> list[Customer]:
    told = {name: values[name] for name in ("email", "phone") if values.get(name)}
    found = {one.pk: one for name, value in told.items() for one in Customer.objects.filter(**{name: value})[:5]}
    return list(found.values())


def _audit(request: HttpRequest, customer_id: int, verb: str, detail: dict[str, Any]) -> None:
    if not isinstance(request.user, Staff):
        raise CordialeError("only staff may change a customer; sign in first")
    accounts.audit("customers", str(customer_id), verb, request.user, detail, context.present())
