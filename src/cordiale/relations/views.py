"""Adding and ending relations from a customer's page."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from cordiale.accounts.access import staff_of
from cordiale.accounts.permissions import requires
from cordiale.customers import queries as customers
from cordiale.customers.models import Customer
from cordiale.errors import CordialeError
from cordiale.relations import actions
from cordiale.relations.models import Kind
from cordiale.relations.rules import BACKWARD, BOTH_WAYS, FORWARD
from cordiale.ui import notices
from cordiale.ui.context import present

_FOUND = 10
_BACK = "-"
"""Before a kind in the form: the other way round (`-referred`: was referred by)."""


@require_safe
@requires("customers.edit")
def add(request: HttpRequest, customer_id: int) -> HttpResponse:
    """Look for the other customer and say how they belong together."""
    customer = get_object_or_404(Customer, id=customer_id)
    text = request.GET.get("q", "").strip()[:200]
    found = [one.customer for one in customers.search(text, at_most=_FOUND + 1)] if text else []
    context = {
        "customer": customer, "text": text, "found": [one for one in found if one.id != customer.id][:_FOUND],
        "kinds": _choices(),
    }  # fmt: skip
    return render(request, "relations/add.html", context)


@require_POST
@requires("customers.edit")
def relate(request: HttpRequest, customer_id: int) -> HttpResponse:
    """Keep what the form says, and show the customer."""
    chosen, other = request.POST.get("kind", ""), request.POST.get("other", "")
    kind = chosen.removeprefix(_BACK)
    if kind not in Kind.values or not other.isdecimal() or len(other) > 18:
        raise CordialeError(_("Choose how they belong together and who the other customer is."))
    pair = (int(other), customer_id) if chosen.startswith(_BACK) else (customer_id, int(other))
    actions.relate(kind, *pair, source="staff", actor=staff_of(request), now=present())
    notices.add(request, _("The relation is kept."))
    return redirect(f"/customers/{customer_id}/#relations")


@require_POST
@requires("customers.edit")
def end(request: HttpRequest, customer_id: int, relation_id: int) -> HttpResponse:
    """The relation is over."""
    actions.end(relation_id, actor=staff_of(request), now=present())
    notices.add(request, _("The relation has ended; it stays in the history."))
    return redirect(f"/customers/{customer_id}/#relations")


def _choices() -> list[tuple[str, object]]:
    choices: list[tuple[str, object]] = []
    for kind in Kind.values:
        choices.append((kind, FORWARD[kind]))
        if kind not in BOTH_WAYS:
            choices.append((_BACK + kind, BACKWARD[kind]))
    return choices
