"""What deliveries add to a customer: what was sent and what became of it."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from cordiale.customers import sections
from cordiale.customers.models import Customer
from cordiale.deliveries import history, queries


def register() -> None:
    """Called once, when Django is ready."""
    history.register()
    sections.register("messages", section)


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
