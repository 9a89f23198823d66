"""What consent adds to a customer's page: what he allows, with the proof."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django.http import HttpRequest

from cordiale.accounts.permissions import may
from cordiale.consent import queries
from cordiale.consent.views import STAFF_SOURCES
from cordiale.customers import sections
from cordiale.customers.models import Customer
from cordiale.ui import panels


def register() -> None:
    """Called once, when Django is ready."""
    panels.register("customer", panels.Panel("consents", 30, "side", consents))
    sections.register("consents", section)


def consents(request: HttpRequest, subject: Customer) -> panels.Content | None:
    """Each purpose through each channel that reaches the customer; actions for who may change it."""
    role = getattr(request.user, "role", "")
    if not may(role, "consent.see"):
        return None
    context = {
        "customer": subject,
        "choices": queries.choices(subject),
        "proofs": queries.list_proofs(subject.pk),
        "may_edit": may(role, "consent.edit"),
        "sources": STAFF_SOURCES,
    }
    return panels.Content("consent/_consents.html", context)


def section(customer: Customer, now: datetime) -> list[dict[str, Any]]:
    """For `customers show`."""
    return [
        {
            "purpose": purpose, "channel": channel, "state": row.state, "since": row.since, "source": row.proof.source,
            "wording": row.proof.wording,
        }
        for (purpose, channel), row in queries.state(customer.pk).items()
    ]  # fmt: skip
