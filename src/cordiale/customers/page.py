"""The page of one customer."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from cordiale.accounts.permissions import requires
from cordiale.customers import profile, timeline
from cordiale.customers.models import Customer
from cordiale.ui import formats, panels


@require_safe
@requires("customers.see")
def show(request: HttpRequest, customer_id: int) -> HttpResponse:
    """Everything known of one customer; other packages add their panels to the page `customer`."""
    customer = get_object_or_404(Customer, id=customer_id)
    context = {
        "customer": customer,
        "values": profile.values(customer),
        "declared": profile.declared(customer),
        "in_head": panels.render("customer", request, customer, column="header"),
        "main": panels.render("customer", request, customer, column="main"),
        "side": panels.render("customer", request, customer, column="side"),
        **_timeline(request, customer.id),
    }
    return render(request, "customers/customer.html", context)


def _timeline(request: HttpRequest, customer_id: int) -> dict[str, Any]:
    kind = request.GET.get("kind", "")
    kind = kind if kind in timeline.KINDS else ""
    number = request.GET.get("page", "1")
    page = min(int(number), 10_000) if number.isdecimal() and int(number) > 0 else 1
    entries, has_more = timeline.entries(customer_id, kind=kind, page=page, language=formats.language())
    counts = timeline.counts(customer_id)
    tabs = [
        ("", _("Everything"), sum(counts.values())),
        ("order", _("Orders"), counts["order"]),
        ("event", _("Events"), counts["event"]),
        ("message", _("Messages"), counts["message"]),
    ]
    return {
        "entries": entries, "kind": kind, "tabs": tabs, "number": page, "previous": page - 1,
        "next": page + 1 if has_more else None,
    }  # fmt: skip
