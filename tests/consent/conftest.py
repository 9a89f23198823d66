"""The standing cast of consent's tests."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest

from cordiale.consent import actions
from cordiale.consent.rules import ConsentEntry
from cordiale.customers.models import Customer


@pytest.fixture
def ada(db: None, now: datetime) -> Customer:
    """A customer who agreed to offers by email at the shop, ten days ago."""
    ada = Customer.objects.create(
        reference="A1", first_name="Ada", email="Ada.Lovelace@example.org", phone="00 33 6 12 34 56 78", language="en",
        created_at=now, updated_at=now,
    )  # fmt: skip
    actions.record([said(ada, "granted", now - timedelta(days=10), source="shop")], now)
    return ada


def said(customer: Customer, state: str, at: datetime, *, source: str, purpose: str = "offers") -> ConsentEntry:
    return ConsentEntry(
        customer_id=customer.pk, purpose=purpose, channel="email", state=state, at=at, source=source, wording="I agree"
    )
