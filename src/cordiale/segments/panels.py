"""What segments add to a customer's page: those the customer is in."""

from __future__ import annotations

from django.http import HttpRequest
from django.urls import reverse

from cordiale.accounts.permissions import may
from cordiale.customers.models import Customer
from cordiale.segments.models import Membership
from cordiale.ui import formats, panels

_SHOWN = 50


def register() -> None:
    """Called once, when Django is ready."""
    panels.register("customer", panels.Panel("segments", 20, "side", memberships))


def memberships(request: HttpRequest, customer: Customer) -> panels.Content:
    """The segments the customer is in, newest stay first, and since when; of all past stays, how many."""
    stays = Membership.objects.filter(customer=customer)
    found = stays.filter(left_at=None).select_related("segment").order_by("-entered_at", "segment__name")[:_SHOWN]
    may_see = may(getattr(request.user, "role", ""), "segments.see")
    rows = [
        {
            "title": formats.in_language(one.segment.title) or one.segment.name,
            "url": f"{reverse('segments:segment', args=[one.segment.name])}?customer={customer.pk}" if may_see else "",
            "since": one.entered_at,
        }
        for one in found
    ]
    return panels.Content("segments/_customer.html", {"rows": rows, "left": stays.exclude(left_at=None).count()})
