"""The standing cast of the outbox: a mail catcher, our templates, and people who agreed to offers."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest

from cordiale.consent import actions as consent
from cordiale.consent.rules import ConsentEntry
from cordiale.content.actions import apply_templates
from cordiale.customers.models import Customer
from cordiale.deliveries import actions
from cordiale.deliveries.catcher import Catcher, start_catcher
from cordiale.deliveries.rules import PlannedMessage

TEMPLATES = Path(__file__).parents[2] / "programmes" / "templates"
Cast = Callable[..., list[Customer]]


@pytest.fixture
def catcher(tmp_path: Path, settings: Any) -> Iterator[Catcher]:
    """Every message we hand over is in `tmp_path / "mail"`."""
    running = start_catcher(tmp_path / "mail")
    settings.SMTP_URL = running.url
    yield running
    running.stop()


@pytest.fixture
def people(transactional_db: None, now: datetime) -> Cast:
    """Make customers who agreed to offers by email, each with a message planned."""

    def make(number: int, **values: Any) -> list[Customer]:
        apply_templates(TEMPLATES, now)
        made = Customer.objects.bulk_create(
            Customer(
                **{
                    "reference": f"C{one}", "first_name": f"Zoé {one}", "email": f"c{one}@example.org",
                    "created_at": now, "updated_at": now,
                } | values
            )
            for one in range(number)
        )  # fmt: skip
        consent.record([agreed(one, now) for one in made], now)
        actions.plan([planned(one) for one in made], now)
        return made

    return make


def agreed(customer: Customer, now: datetime) -> ConsentEntry:
    return ConsentEntry(
        customer_id=customer.pk,
        purpose="offers",
        channel="email",
        state="granted",
        at=now,
        source="form",
        wording="I agree",
    )


def planned(customer: Customer, template: str = "we-miss-you") -> PlannedMessage:
    return PlannedMessage(
        proposal_id=customer.pk, customer_id=customer.pk, channel="email", purpose="offers", programme="win-back",
        step="0", template=template,
    )  # fmt: skip
