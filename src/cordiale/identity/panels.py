"""What identity adds to a customer's page: what points to them, and the merges that can be undone."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django.http import HttpRequest

from cordiale.accounts.permissions import may
from cordiale.customers import sections
from cordiale.customers.models import Customer
from cordiale.identity import listing, words
from cordiale.ui import panels


def register() -> None:
    """Called once, when Django is ready."""
    panels.register("customer", panels.Panel("identity", 20, "side", identifiers))
    sections.register("identifiers", section)


def identifiers(request: HttpRequest, subject: Customer) -> panels.Content | None:
    """The identifiers with who told them first, the merges, and the way to merge another."""
    role = getattr(request.user, "role", "")
    if not may(role, "customers.see"):
        return None
    merges = listing.merges_of(subject.pk)
    people = listing.people([one.merged_id for one in merges])
    context = {
        "customer": subject,
        "identifiers": [(words.KINDS.get(one.kind, one.kind), one) for one in listing.identifiers(subject)],
        "browsers": listing.browsers(subject.pk),
        "visits": listing.visits(subject.pk),
        "merges": [(one, people.get(one.merged_id)) for one in merges],
        "may_merge": may(role, "customers.merge"),
    }
    return panels.Content("identity/_identifiers.html", context)


def section(customer: Customer, now: datetime) -> list[dict[str, Any]]:
    """For `customers show`."""
    return [
        {"kind": one.kind, "value": one.value, "source": one.source, "at": one.at, "customer": one.via or customer.id}
        for one in listing.identifiers(customer)
    ]
