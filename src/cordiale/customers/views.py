"""The list of customers, its export, and the page of one."""

from __future__ import annotations

import csv
from collections.abc import Iterator
from typing import Any

from django.core.paginator import Paginator
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse, StreamingHttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from cordiale import clock
from cordiale.accounts import actions as accounts
from cordiale.accounts.models import Staff
from cordiale.accounts.permissions import requires
from cordiale.customers import filters, profile, queries, rules, timeline
from cordiale.customers.models import Customer
from cordiale.ui import formats, panels

_EXPORTED = ("reference", "first_name", "last_name", "email", "phone", "street", "postcode", "city", "country",
             "language", "timezone", "birth_on", "created_at")  # fmt: skip


@require_safe
@requires("customers.see")
def list_customers(request: HttpRequest) -> HttpResponse:
    """Who is found and not filtered out, 50 a page. A search that finds one customer opens the page of that one."""
    text = request.GET.get("q", "").strip()[:200]
    condition, shown = filters.apply(request.GET.dict())
    found = _ordered(queries.matching(text).filter(condition))
    page = Paginator(found, 50).get_page(request.GET.get("page"))
    if text and page.paginator.count == 1 and "page" not in request.GET:
        return redirect("customers:customer", customer_id=page[0].id)
    is_narrowed = bool(text) or any(one.chosen for one in shown)
    context = {"page": page, "text": text, "filters": shown, "is_narrowed": is_narrowed}
    return render(request, "customers/list.html", context)


@require_safe
@requires("customers.export")
def export(request: HttpRequest) -> StreamingHttpResponse:
    """The list as CSV, with the same search and filters. Who took it is audited."""
    assert isinstance(request.user, Staff)
    condition, _shown = filters.apply(request.GET.dict())
    found = _ordered(queries.matching(request.GET.get("q", "")).filter(condition))
    accounts.audit("customers", "list", "export", request.user, {"query": request.GET.dict()}, clock.now())
    response = StreamingHttpResponse(_csv(found), content_type="text/csv; charset=utf-8")
    response["Content-Disposition"] = 'attachment; filename="customers.csv"'
    return response


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


def _ordered(found: QuerySet[Customer]) -> QuerySet[Customer]:
    return found.order_by("last_name", "first_name", "id")


class _Line:
    """What csv.writer writes to: it hands each line back."""

    def write(self, line: str) -> str:
        return line


def _csv(found: QuerySet[Customer]) -> Iterator[str]:
    writer = csv.writer(_Line())
    yield "\ufeff" + writer.writerow(_EXPORTED)  # spreadsheets need the mark to read UTF-8
    for row in found.values_list(*_EXPORTED).iterator(chunk_size=2000):
        yield writer.writerow([rules.csv_cell(cell) for cell in row])
