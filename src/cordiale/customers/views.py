"""The list of customers and its export."""

from __future__ import annotations

import csv
from collections.abc import Iterator
from typing import Any

from django.core.paginator import Paginator
from django.db.models import Q, QuerySet
from django.http import HttpRequest, HttpResponse, StreamingHttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_safe

from cordiale import clock
from cordiale.accounts import actions as accounts
from cordiale.accounts.models import Staff
from cordiale.accounts.permissions import may, requires
from cordiale.customers import fields, filters, queries, rules, search
from cordiale.customers.models import Customer

_ORDER = ("last_name", "first_name", "id")


@require_safe
@requires("customers.see")
def list_customers(request: HttpRequest) -> HttpResponse:
    """Who is found and not filtered out, 50 a page. A search that finds one customer opens the page of that one."""
    text = request.GET.get("q", "").strip()[:200]
    condition, shown = filters.apply(request.GET.dict())
    found: Any = search.search(text, among=condition) if text else _everybody(condition)
    page = Paginator(found, 50).get_page(request.GET.get("page"))
    if text and page.paginator.count == 1 and "page" not in request.GET:
        return redirect("customers:customer", customer_id=page[0].customer.id)
    context = {
        "page": page,
        "text": text,
        "filters": shown,
        "is_filtered": any(one.told for one in shown),
        "is_narrowed": bool(text) or any(one.chosen for one in shown),
        "is_cut": bool(text) and page.paginator.count >= search.PAGE_AT_MOST,
        "may_edit": may(getattr(request.user, "role", ""), "customers.edit"),
        "rows": page.object_list if text else [search.Found(one, "") for one in page],
    }
    return render(request, "customers/list.html", context)


@require_safe
@requires("customers.export")
def export(request: HttpRequest) -> StreamingHttpResponse:
    """The list as CSV, with the same search and filters. Who took it is audited."""
    assert isinstance(request.user, Staff)
    condition, _shown = filters.apply(request.GET.dict())
    found = queries.matching(request.GET.get("q", "")).filter(condition)
    accounts.audit("customers", "list", "export", request.user, {"query": request.GET.dict()}, clock.now())
    response = StreamingHttpResponse(_csv(found.order_by(*_ORDER)), content_type="text/csv; charset=utf-8")
    response["Content-Disposition"] = 'attachment; filename="customers.csv"'
    return response


def _everybody(condition: Q) -> QuerySet[Customer]:
    return Customer.objects.filter(condition).order_by(*_ORDER)


class _Line:
    """What csv.writer writes to: it hands each line back."""

    def write(self, line: str) -> str:
        return line


def _csv(found: QuerySet[Customer]) -> Iterator[str]:
    core = [one.name for one in fields.listed() if one.is_core]
    declared = [one.name for one in fields.listed() if not one.is_core]
    writer = csv.writer(_Line())
    yield "\ufeff" + writer.writerow(["reference", *core, "created_at", *declared])  # the mark: spreadsheets read UTF-8
    for *row, values in found.values_list("reference", *core, "created_at", "declared").iterator(chunk_size=2000):
        yield writer.writerow([rules.csv_cell(cell) for cell in (*row, *(values.get(name) for name in declared))])
