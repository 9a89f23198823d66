"""A customer with a question, two agents, a home of the test's own."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import datetime, timedelta
from typing import Any

import pytest
from django.test import Client
from django.utils import translation

from cordiale.accounts.models import Staff
from cordiale.cases import actions
from cordiale.cases.models import Case
from cordiale.cases.rules import Opening
from cordiale.customers.models import Customer
from cordiale.home import Home

OpenCase = Callable[..., Case]


@pytest.fixture(autouse=True)
def in_english() -> Iterator[None]:
    with translation.override("en"):
        yield


@pytest.fixture
def anne(db: None, fresh_home: Home, now: datetime) -> Customer:
    known = now - timedelta(days=400)
    return Customer.objects.create(
        reference="anne", first_name="Anne", last_name="Roux", email="anne@example.org", created_at=known,
        updated_at=known,
    )  # fmt: skip


@pytest.fixture
def agents(db: None, now: datetime) -> tuple[Staff, Staff]:
    """Two who handle cases."""
    paul, zoe = (
        Staff.objects.create(email=f"{name}@example.org", name=name, role="agent", language="en", created_at=now)
        for name in ("Paul", "Zoé")
    )
    return paul, zoe


@pytest.fixture
def opened(anne: Customer, now: datetime) -> OpenCase:
    """Opens a case of Anne's, by default at `now`."""

    def open_case(*, at: datetime = now, handler: Staff | None = None, **given: Any) -> Case:
        values: dict[str, Any] = {"channel": "phone", "subject": "Where is my parcel?", "category": "delivery"}
        opening = Opening(customer_id=anne.pk, **(values | given))
        return actions.open_case(opening, actor="test", now=at, handler=handler)

    return open_case


@pytest.fixture
def pages(client: Client, agents: tuple[Staff, Staff]) -> Client:
    """The pages as Paul sees them."""
    client.force_login(agents[0])
    return client
