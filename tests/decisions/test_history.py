"""Why each message went, and what did not go, in the customer's timeline."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any

import pytest
from django.utils import translation

from cordiale.content.models import Template, TemplateVersion
from cordiale.customers import timeline
from cordiale.customers.models import Customer
from cordiale.customers.timeline import Asked, Entry
from cordiale.decisions.models import Decision, Proposal
from cordiale.deliveries.models import Message, Outcome
from cordiale.home import Home
from cordiale.identity import actions as identity

pytestmark = pytest.mark.django_db
DAY = timedelta(days=1)


@pytest.fixture(autouse=True)
def in_english() -> Iterator[None]:
    with translation.override("en"):
        yield


@pytest.fixture
def anne(now: datetime, fresh_home: Home) -> Customer:
    return Customer.objects.create(reference="A", email="a@example.org", created_at=now - 99 * DAY, updated_at=now)


def proposed(customer: Customer, at: datetime, verdict: str, rule: str, **values: Any) -> Proposal:
    proposal = Proposal.objects.create(
        programme="win-back", enrolment_id=Proposal.objects.count() + 1, step="0", customer=customer, channel="email",
        purpose="offers", template="we-miss-you", is_control=False, proposed_at=at, expires_at=at + DAY, not_before=at,
        is_open=verdict == "postponed",
    )  # fmt: skip
    Decision.objects.create(proposal=proposal, at=at, verdict=verdict, rule=rule, values=values)
    return proposal


def sent(customer: Customer, at: datetime) -> Message:
    proposal = proposed(customer, at, "sent", "allowed", local_time="10:00")
    template, _made = Template.objects.get_or_create(name="we-miss-you", defaults={"channel": "email"})
    version, _made = TemplateVersion.objects.get_or_create(
        template=template, number=1, defaults={"sources": {}, "checksum": "0", "created_at": at}
    )
    message = Message.objects.create(
        proposal_id=proposal.pk, customer=customer, channel="email", purpose="offers", programme="win-back", step="0",
        template_version=version, to_address=customer.email, planned_at=at,
    )  # fmt: skip
    Outcome.objects.create(message=message, kind="handed_over", at=at)
    return message


def read(customer: Customer, **asked: Any) -> list[Entry]:
    return timeline.read(Asked(customer_id=customer.pk, **asked)).entries


def test_a_message_says_why_it_was_sent_and_what_became_of_it(anne: Customer, now: datetime) -> None:
    sent(anne, now)
    (entry,) = read(anne)
    assert (entry.kind, [badge.text for badge in entry.badges]) == ("message", ["Handed over"])
    assert entry.said[0].startswith("Sent: This purpose needs no consent")
    assert entry.links[-1].url == "/decisions/?programme=win-back&day=2026-11-16"


def test_what_was_refused_is_told_with_its_reason_and_what_was_sent_is_not_told_twice(
    anne: Customer, now: datetime
) -> None:
    sent(anne, now - DAY)
    proposed(anne, now, "refused", "opposition")
    found = timeline.read(Asked(customer_id=anne.pk))
    assert [(one.kind, one.at) for one in found.entries] == [("decision", now), ("message", now - DAY)]
    assert "opposition list" in found.entries[0].detail
    assert (found.counts["decision"], found.counts["message"]) == ({"email": 1}, {"email": 1})


def test_a_merged_customers_messages_are_in_the_survivors_story(anne: Customer, now: datetime) -> None:
    sent(anne, now - DAY)
    survivor = Customer.objects.create(reference="B", created_at=now - 99 * DAY, updated_at=now)
    identity.merge(survivor.pk, anne.pk, actor="test", reason="the same", now=now)
    assert [one.kind for one in read(survivor)] == ["message"]
    assert [one.kind for one in read(survivor, channel="sms")] == []
