"""The segments a customer is in, on the customer's page."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.test import Client

from cordiale.accounts.models import Staff
from cordiale.segments.models import Membership, Segment
from tests.segments.conftest import NOW


@pytest.mark.parametrize(("role", "has_link"), [("marketer", True), ("agent", False)])
def test_present_stays_are_listed_and_past_ones_counted(
    client: Client, company: dict[str, int], role: str, has_link: bool
) -> None:
    staff = Staff.objects.create(email="m@example.org", name="M", role=role, language="en", created_at=NOW)
    client.force_login(staff)
    for name, left_at in (("wine-lovers", None), ("newcomers", NOW)):
        one = Segment.objects.create(name=name, title={"en": f"The {name}"}, expression="true", created_at=NOW,
                                     updated_at=NOW)  # fmt: skip
        Membership.objects.create(
            segment=one, customer_id=company["anna"], entered_at=NOW - timedelta(days=3), left_at=left_at
        )
    page = client.get(f"/customers/{company['anna']}/").content.decode()
    assert "The wine-lovers" in page
    assert "The newcomers" not in page
    assert "1 earlier stay" in page
    assert ("/segments/wine-lovers/" in page) is has_link
