"""What deliveries add to a customer's page: what was sent and what became of it."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django.http import HttpRequest

from cordiale import home
from cordiale.accounts.permissions import may
from cordiale.customers import sections
from cordiale.customers.models import Customer
from cordiale.deliveries import queries
from cordiale.deliveries.models import Message
from cordiale.deliveries.tokens import message_token
from cordiale.ui import panels


def register() -> None:
    """Called once, when Django is ready."""
    panels.register("customer", panels.Panel("messages", 40, "main", messages))
    sections.register("messages", section)


def messages(request: HttpRequest, subject: Customer) -> panels.Content | None:
    """The customer's latest messages, each with its outcomes; a link to the mail where it was caught."""
    found = queries.messages_of(subject.pk)
    folder = home.current().mail
    may_read = may(getattr(request.user, "role", ""), "mail.see")
    rows = [
        (one, _caught_token(one) if may_read and (folder / f"{_caught_token(one)}.eml").exists() else "")
        for one in found
    ]
    return panels.Content("deliveries/_messages.html", {"rows": rows})


def _caught_token(message: Message) -> str:
    return message_token(message.pk)


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
