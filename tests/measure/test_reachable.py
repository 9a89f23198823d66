from __future__ import annotations

import pytest

from cordiale.consent.models import Consent, ConsentProof, Opposition, Purpose
from cordiale.consent.queries import address_hash
from cordiale.measure.queries import dashboard_figures

from .world import START, customers

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("fresh_home")]


def _grant(customer, purpose: Purpose, state: str = "granted", channel: str = "email") -> None:
    facts = {"customer": customer, "purpose": purpose, "channel": channel, "state": state}
    proof = ConsentProof.objects.create(**facts, at=START, source="test", wording="yes")
    Consent.objects.create(**facts, since=START, proof=proof)


def test_reachable_are_those_with_an_address_a_consent_and_no_opposition() -> None:
    both, once, withdrawn, opposed, by_letter, without_address, _silent = people = customers(7)
    offers, news = (Purpose.objects.get_or_create(code=code, defaults={"title": {}})[0] for code in ("offers", "news"))
    for customer in (both, once, opposed, without_address):
        _grant(customer, offers)
    _grant(both, news)
    _grant(withdrawn, offers, "withdrawn")
    _grant(by_letter, offers, channel="letter")
    without_address.email = ""
    without_address.save()
    Opposition.objects.create(
        channel="email", address_hash=address_hash("email", opposed.email), reason="objection", at=START
    )
    figures = dashboard_figures(START)
    assert (figures.customers, figures.reachable) == (len(people), 2)
