"""The pages of rights: the register of requests, one request, exports, erasure, the register of processing."""

from __future__ import annotations

from datetime import date, datetime, time
from zoneinfo import ZoneInfo

from django.core.paginator import Paginator
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from cordiale import clock
from cordiale.accounts.access import staff_of
from cordiale.accounts.actions import audit
from cordiale.accounts.permissions import requires
from cordiale.company import company
from cordiale.customers.models import Customer
from cordiale.errors import CordialeError
from cordiale.rights import access, actions, documents, erasure, expiry, processing, queries, retention
from cordiale.rights.forms import ErasureForm, RequestForm
from cordiale.rights.models import ExpiryState
from cordiale.ui import formats, notices
from cordiale.ui.context import present

PAGE = 50
_FORMATS = {
    "json": "application/json; charset=utf-8",
    "csv": "application/zip",
    "pdf": "application/pdf",
}


@require_safe
@requires("rights.see")
def index(request: HttpRequest) -> HttpResponse:
    """The register of requests: open ones by urgency, or closed ones."""
    is_open = request.GET.get("state") != "closed"
    page = Paginator(queries.requests(is_open=is_open), PAGE).get_page(request.GET.get("page"))
    now = present()
    context = {
        "page": page, "lines": queries.lines(list(page), now), "is_open": is_open, "late": queries.count_late(now),
        "open_count": queries.requests(is_open=True).count(), "closed_count": queries.requests(is_open=False).count(),
    }  # fmt: skip
    return render(request, "rights/list.html", context)


@require_http_methods(["GET", "HEAD", "POST"])
@requires("rights.see")
def new(request: HttpRequest, customer_id: int) -> HttpResponse:
    """Enter a customer's request."""
    customer = get_object_or_404(Customer, pk=customer_id)
    now = present()
    today = clock.local_day(now, company().zone)
    form = RequestForm(request.POST or None, initial={"received_on": today, "kind": request.GET.get("kind")})
    if request.method == "POST" and form.is_valid():
        said = form.cleaned_data
        try:
            made = actions.open_request(
                customer, said["kind"], channel=said["channel"], note=said["note"], actor=staff_of(request),
                received_at=_received(said["received_on"], now), now=now,
            )  # fmt: skip
        except CordialeError as error:
            form.add_error(None, str(error))
        else:
            return redirect("rights:request", made.pk)
    return render(request, "rights/new.html", {"customer": customer, "form": form})


@require_safe
@requires("rights.see")
def show(request: HttpRequest, request_id: int) -> HttpResponse:
    """One request: what is asked, until when, and what to do."""
    line = queries.lines([queries.get_request(request_id)], present())[0]
    held = queries.held(line.customer.pk) if line.customer else []
    return render(request, "rights/request.html", {"line": line, "one": line.request, "held": held})


@require_POST
@requires("rights.answer")
def close(request: HttpRequest, request_id: int) -> HttpResponse:
    """Answer, refuse or extend."""
    verb, text = request.POST.get("verb", ""), request.POST.get("text", "")
    if verb == "extend":
        actions.extend_request(request_id, text, actor=staff_of(request), now=present())
        notices.add(request, _("Two more months were taken. Tell the person now, with the reason."))
    else:
        actions.close_request(request_id, verb, text, actor=staff_of(request), now=present())
        notices.add(request, _("The request is closed."))
    return redirect("rights:request", request_id)


@require_safe
@requires("rights.answer")
def export(request: HttpRequest, customer_id: int, kind: str) -> HttpResponse:
    """Everything held about a customer as JSON, CSV files or a readable PDF. Who took it is audited."""
    if kind not in _FORMATS:
        raise Http404
    customer = get_object_or_404(Customer, pk=customer_id)
    scope = access.PORTABILITY if request.GET.get("scope") == access.PORTABILITY else access.ACCESS
    now = present()
    gathered = access.gather(customer, now, scope)
    audit("customer", str(customer.pk), "export", staff_of(request), {"format": kind, "scope": scope}, clock.now())
    made = {
        "json": lambda: access.as_json(gathered),
        "csv": lambda: access.as_csv(gathered),
        "pdf": lambda: documents.person(gathered, customer.language[:2] if customer.language else formats.language()),
    }[kind]()
    response = HttpResponse(made, content_type=_FORMATS[kind])
    suffix = "zip" if kind == "csv" else kind
    response["Content-Disposition"] = f'attachment; filename="customer-{customer.pk}.{suffix}"'
    response["Cache-Control"] = "no-store"
    return response


@require_http_methods(["GET", "HEAD", "POST"])
@requires("rights.erase")
def erase(request: HttpRequest, customer_id: int) -> HttpResponse:
    """What would go and what would stay; then, once the reference is typed, the erasure itself."""
    customer = get_object_or_404(Customer, pk=customer_id)
    form = ErasureForm(request.POST or None, expected=customer.reference)
    if request.method == "POST" and form.is_valid():
        proof = erasure.erase(customer, actor=staff_of(request), reason="request", now=present())
        notices.add(
            request, _("The person is erased everywhere. The proof is number %(number)s.") % {"number": proof.pk}
        )
        return redirect("rights:proofs")
    context = {"customer": customer, "form": form, "held": queries.held(customer.pk)}
    return render(request, "rights/erase.html", context)


@require_POST
@requires("rights.answer")
def restrict(request: HttpRequest, customer_id: int) -> HttpResponse:
    """Restrict the processing of a customer's data, or lift the restriction."""
    customer = get_object_or_404(Customer, pk=customer_id)
    if request.POST.get("state") == "lift":
        actions.lift_restriction(customer, actor=staff_of(request), now=present())
        notices.add(request, _("The restriction is lifted. The person has to be told."))
    else:
        actions.restrict(customer, actor=staff_of(request), now=present())
        notices.add(
            request, _("Processing is restricted: nothing is computed or sent for this customer until it is lifted.")
        )
    return redirect("customers:customer", customer.pk)


@require_safe
@requires("rights.see")
def proofs(request: HttpRequest) -> HttpResponse:
    """The proofs of erasure."""
    page = Paginator(queries.erasures(), PAGE).get_page(request.GET.get("page"))
    return render(request, "rights/proofs.html", {"page": page})


@require_safe
@requires("rights.see")
def expiries(request: HttpRequest) -> HttpResponse:
    """Who is proposed for erasure because their time is over, who was kept and why, who was treated."""
    state = request.GET.get("state", ExpiryState.PROPOSED)
    state = state if state in ExpiryState.values else ExpiryState.PROPOSED
    page = Paginator(queries.expiries(state), PAGE).get_page(request.GET.get("page"))
    context = {
        "page": page, "rows": queries.with_customers(list(page)), "state": state, "tabs": queries.expiry_counts(),
        "periods": retention.periods(),
    }  # fmt: skip
    return render(request, "rights/expiries.html", context)


@require_POST
@requires("rights.answer")
def keep(request: HttpRequest, customer_id: int) -> HttpResponse:
    """Keep somebody beyond the period, with the reason."""
    expiry.keep(customer_id, request.POST.get("reason", ""), actor=staff_of(request), now=present())
    notices.add(request, _("This person is kept; the reason is written down."))
    return redirect("rights:expiries")


@require_safe
@requires("rights.see")
def processing_register(request: HttpRequest) -> HttpResponse:
    """The register of processing activities, as a page or (`?format=pdf`) a document."""
    if request.GET.get("format") == "pdf":
        response = HttpResponse(processing.as_pdf(formats.language()), content_type="application/pdf")
        response["Content-Disposition"] = 'attachment; filename="processing-register.pdf"'
        return response
    found = processing.sections()
    missing = sum(one.is_missing for one in found)
    return render(request, "rights/processing.html", {"sections": found, "missing": missing})


def _received(day: date, now: datetime) -> datetime:
    """Noon of that day on the company's clock, or now where that is still to come."""
    return min(datetime.combine(day, time(12), ZoneInfo(company().zone)), now)
