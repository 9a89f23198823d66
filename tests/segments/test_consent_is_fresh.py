"""Between a refresh and a use, whoever withdrew, opposed or was restricted is out wherever members are read."""

from __future__ import annotations

from datetime import timedelta

import pytest

from cordiale.consent.models import Consent, Opposition, Purpose
from cordiale.consent.queries import address_hash
from cordiale.customers.models import Customer
from cordiale.segments import actions, queries
from cordiale.segments.filters import _members
from cordiale.segments.models import Segment
from cordiale.segments.queries import listing
from cordiale.segments.queries.consents import still_granted
from tests.segments.conftest import NOW


def refreshed(text: str, **others: str) -> Segment:
    for name, inner in others.items():
        actions.save_segment(name, inner, actor="test", now=NOW)
    actions.save_segment("asked", text, actor="test", now=NOW)
    actions.refresh(NOW)
    return Segment.objects.get(name="asked")


def shown(one: Segment) -> set[int]:
    """Wherever members of the last refresh are read, it is the same people."""
    sampled = {customer.pk for customer in listing.samples(one)}
    listed = set(Customer.objects.filter(_members("asked")).values_list("pk", flat=True))
    today = set(queries.members_on("asked", NOW.date(), NOW + timedelta(minutes=5)).customer_ids)
    written = set(still_granted(one.expression, list(one.memberships.values_list("customer_id", flat=True))))
    assert sampled == listed == today == written
    return sampled


def withdraw(customer: int, channel: str = "email") -> None:
    Consent.objects.filter(customer_id=customer, channel=channel).update(state="withdrawn")


@pytest.mark.parametrize(("text", "before"), [
    ("consent('offers', 'email')", {1, 4}),
    ("CONSENT('offers', 'email') and (language = 'fr')", {1, 4}),
    ("in_segment('inner') and language = 'fr'", {1, 4}),
    ("reachable('offers', 'email')", {1, 4}),
    ("consent('offers', 'email') and language = 'fr' or consent('offers', 'email') and city is null", {1, 4}),
    ("not not consent('offers', 'email') and consent('offers', 'email')", {1, 4}),
])  # fmt: skip
def test_who_withdrew_is_shown_nowhere(snapshot: dict[str, int], text: str, before: set[int]) -> None:
    one = refreshed(text, inner="consent('offers', 'email') or consent('offers', 'email') and has_email")
    assert shown(one) == before
    withdraw(4)
    assert shown(one) == before - {4}


def test_one_of_two_consents_is_enough_where_one_of_two_is_asked(snapshot: dict[str, int]) -> None:
    one = refreshed("consent('offers', 'email') or consent('offers', 'sms')")
    withdraw(1)
    assert shown(one) == {1, 4}
    withdraw(1, "sms")
    assert shown(one) == {4}


def test_consent_that_is_not_asked_of_everybody_keeps_nobody_out(snapshot: dict[str, int]) -> None:
    one = refreshed("consent('offers', 'email') or city = 'Paris' or not consent('offers', 'sms')")
    before = shown(one)
    withdraw(1)
    assert shown(one) == before


def test_who_opposed_or_is_restricted_is_not_reachable_any_more(snapshot: dict[str, int]) -> None:
    Purpose.objects.get_or_create(
        code="service", defaults={"title": {"fr": "Service", "en": "Service"}, "legal_basis": "contract"}
    )
    one = refreshed("reachable('offers', 'email') and reachable('service', 'email')")
    assert shown(one) == {1, 4}
    Opposition.objects.create(
        channel="email", address_hash=address_hash("email", "d@example.org"), reason="objection", at=NOW
    )
    assert shown(one) == {1}
    Customer.objects.filter(pk=1).update(restricted_at=NOW)
    assert shown(one) == set()


def test_a_segment_whose_trait_is_gone_still_asks_for_the_consent(snapshot: dict[str, int]) -> None:
    one = refreshed("consent('offers', 'email') and orders_total >= 1")
    Segment.objects.filter(pk=one.pk).update(expression="consent('offers', 'email') and gone_trait >= 1")
    one.refresh_from_db()
    withdraw(4)
    assert shown(one) == {1}
    Segment.objects.filter(pk=one.pk).update(expression="consent('offers', ")
    one.refresh_from_db()
    assert shown(one) == set()
