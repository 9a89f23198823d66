"""What deliveries add to a customer: messages in the timeline, what we gave and what we asked."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django.http import HttpRequest
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from cordiale.customers import sections
from cordiale.customers.models import Customer
from cordiale.deliveries import balance, history, queries
from cordiale.ui import formats, panels
from cordiale.ui.context import present


def register() -> None:
    """Called once, when Django is ready."""
    history.register()
    panels.register(
        "customer",
        panels.Panel("balance", 5, "main", given_and_asked, gettext_lazy("What we gave, what we asked"), "balance"),
    )
    sections.register("messages", section)


def given_and_asked(request: HttpRequest, customer: Customer) -> panels.Content:
    """Two columns of counts, each with its definition."""
    lines = balance.of_customer(customer.pk, present())
    sides = [
        (_("What we gave"), "gift", [_shown(one) for one in lines if one.is_given]),
        (_("What we asked"), "message-circle", [_shown(one) for one in lines if not one.is_given]),
    ]
    return panels.Content("deliveries/_balance.html", {"sides": sides})


def section(customer: Customer, now: datetime) -> list[dict[str, Any]]:
    """For `customers show`."""
    return [
        {
            "programme": message.programme, "template": message.template_version.template.name,
            "channel": message.channel, "purpose": message.purpose, "planned_at": message.planned_at,
            "outcomes": [{"kind": one.kind, "at": one.at, "detail": one.detail} for one in message.outcomes.all()],
        }
        for message in queries.messages_of(customer.pk)
    ]  # fmt: skip


def _shown(line: balance.Line) -> dict[str, str]:
    worth = "" if line.amount is None else _("%(money)s in all") % {"money": formats.money(line.amount)}
    return {
        "label": str(line.label), "value": formats.number(line.count), "definition": str(line.definition),
        "amount": worth,
    }  # fmt: skip
