"""What relations add to a customer's page."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django.http import HttpRequest

from cordiale.accounts.permissions import may
from cordiale.customers import sections
from cordiale.customers.models import Customer
from cordiale.relations import queries
from cordiale.ui import panels


def register() -> None:
    """Called once, when Django is ready."""
    panels.register("customer", panels.Panel("relations", 25, "side", relations))
    sections.register("relations", section)


def relations(request: HttpRequest, subject: Customer) -> panels.Content | None:
    """Who belongs to the customer, who may live with him, and the way to add somebody."""
    role = getattr(request.user, "role", "")
    if not may(role, "customers.see"):
        return None
    may_edit = may(role, "customers.edit")
    context = {
        "customer": subject,
        "relations": queries.relations(subject.pk),
        "suggested": queries.suggested(subject) if may_edit else [],
        "may_edit": may_edit,
    }
    return panels.Content("relations/_relations.html", context)


def section(customer: Customer, now: datetime) -> list[dict[str, Any]] | None:
    """For `customers show`."""
    return [
        {
            "kind": one.kind,
            "forward": one.is_forward,
            "customer": one.customer.pk,
            "since": one.since,
            "until": one.until,
        }
        for one in queries.relations(customer.pk)
    ] or None
