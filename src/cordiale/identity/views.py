"""Merging two customers, the list of merges, and the values two customers claim."""

from __future__ import annotations

from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from cordiale.accounts.access import staff_of
from cordiale.accounts.permissions import requires
from cordiale.customers import queries as customers
from cordiale.customers.models import Customer
from cordiale.identity import actions, listing, settling, words
from cordiale.identity.models import Merge
from cordiale.ui import notices
from cordiale.ui.context import present

_FOUND = 10


@require_safe
@requires("customers.see")
def list_merges(request: HttpRequest) -> HttpResponse:
    """Every merge, newest first, 50 a page."""
    page = Paginator(listing.merges(), listing.MOST).get_page(request.GET.get("page"))
    people = listing.people([number for one in page for number in (one.survivor_id, one.merged_id)])
    rows = [(one, people.get(one.survivor_id), people.get(one.merged_id)) for one in page]
    context = {"page": page, "rows": rows, "conflicts": listing.conflicts().count(), "may_merge": _may(request)}
    return render(request, "identity/merges.html", context)


@require_safe
@requires("customers.merge")
def choose(request: HttpRequest, survivor_id: int) -> HttpResponse:
    """Look for the customer who is the same person."""
    survivor = get_object_or_404(Customer, id=survivor_id)
    text = request.GET.get("q", "").strip()[:200]
    found = (
        [one for one in customers.search(text, at_most=_FOUND + 1) if one.customer.id != survivor.id] if text else []
    )
    return render(request, "identity/choose.html", {"survivor": survivor, "text": text, "found": found[:_FOUND]})


@require_safe
@requires("customers.merge")
def preview(request: HttpRequest, survivor_id: int, merged_id: int) -> HttpResponse:
    """The two side by side, with the record they would make."""
    return render(request, "identity/preview.html", {"preview": listing.preview(survivor_id, merged_id)})


@require_POST
@requires("customers.merge")
def merge(request: HttpRequest, survivor_id: int, merged_id: int) -> HttpResponse:
    """Merge, and show the survivor; the panel there takes it back."""
    reason = request.POST.get("reason", "").strip()
    actions.merge(survivor_id, merged_id, actor=staff_of(request), reason=reason, now=present())
    notices.add(request, _("Merged. You can undo it here, under Identifiers, at any time."))
    return redirect(f"/customers/{survivor_id}/#identity")


@require_POST
@requires("customers.merge")
def undo(request: HttpRequest, merge_id: int) -> HttpResponse:
    """Take a merge back and show who came out of it."""
    found = get_object_or_404(Merge, id=merge_id)
    actions.unmerge(found.merged_id, actor=staff_of(request), now=present())
    notices.add(request, _("The merge is undone: both customers are as they were."))
    return redirect("customers:customer", customer_id=found.merged_id)


@require_safe
@requires("customers.see")
def list_conflicts(request: HttpRequest) -> HttpResponse:
    """Values that two customers claim, with what spoke against one person."""
    page = Paginator(listing.conflicts(), listing.MOST).get_page(request.GET.get("page"))
    people = listing.people([number for one in page for number in (one.holder_id, one.claimant_id)])
    rows = [
        {
            "conflict": one, "kind": words.KINDS.get(one.kind, one.kind), "reason": words.REASONS.get(one.reason, ""),
            "holder": people.get(one.holder_id), "claimant": people.get(one.claimant_id),
        }
        for one in page
    ]  # fmt: skip
    return render(request, "identity/conflicts.html", {"page": page, "rows": rows, "may_merge": _may(request)})


@require_POST
@requires("customers.merge")
def settle(request: HttpRequest, conflict_id: int) -> HttpResponse:
    """These are two people who share the value."""
    settling.settle(conflict_id, actor=staff_of(request), now=present())
    notices.add(request, _("Noted: two people share it. Rows with it go to each of them by name."))
    return redirect("identity:conflicts")


def _may(request: HttpRequest) -> bool:
    return staff_of(request).may("customers.merge")
