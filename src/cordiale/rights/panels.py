"""What rights add to a customer's page and to the dashboard."""

from __future__ import annotations

from django.http import HttpRequest

from cordiale.accounts.permissions import may
from cordiale.customers.models import Customer
from cordiale.rights import queries
from cordiale.ui import panels
from cordiale.ui.context import present


def register() -> None:
    """Called once, when Django is ready."""
    panels.register("customer", panels.Panel("rights", 90, "side", rights))
    panels.register("dashboard", panels.Panel("late-requests", 6, "side", late))


def rights(request: HttpRequest, subject: Customer) -> panels.Content | None:
    """Export, restrict, erase, and the customer's requests."""
    role = getattr(request.user, "role", "")
    if not may(role, "rights.see"):
        return None
    context = {
        "customer": subject,
        "requests": queries.of_customer(subject.pk),
        "may_answer": may(role, "rights.answer"),
        "may_erase": may(role, "rights.erase"),
    }
    return panels.Content("rights/_customer.html", context)


def late(request: HttpRequest, subject: object) -> panels.Content | None:
    """A warning while requests wait after their last day."""
    if not may(getattr(request.user, "role", ""), "rights.see"):
        return None
    count = queries.count_late(present())
    return panels.Content("rights/_late.html", {"count": count}) if count else None
