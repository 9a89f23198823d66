from __future__ import annotations

from datetime import datetime, timedelta

import pytest

from cordiale.consent import actions as consent
from cordiale.consent.queries import may_contact, opposed
from cordiale.customers.actions import upsert
from cordiale.customers.models import Customer
from cordiale.errors import CordialeError, Refused
from cordiale.rights import actions, queries
from cordiale.rights.models import Request, RequestState

pytestmark = pytest.mark.django_db


@pytest.fixture
def ana(now: datetime) -> Customer:
    ids = upsert([{"reference": "u1", "first_name": "Ana", "last_name": "Roy", "email": "ana.roy@example.org"}], now)
    return Customer.objects.get(pk=ids["u1"])


def entered(ana: Customer, now: datetime, kind: str = "access") -> Request:
    return actions.open_request(ana, kind, channel="email", note="Hello", received_at=now, actor="cli", now=now)


def test_the_clock_runs_from_receipt_on_the_companys_calendar(ana: Customer, now: datetime) -> None:
    assert str(entered(ana, now).due_on) == "2026-12-16"


def test_the_most_urgent_request_comes_first_and_lateness_is_counted(ana: Customer, now: datetime) -> None:
    late = entered(ana, now - timedelta(days=60), "erasure")
    fresh = entered(ana, now)
    assert list(queries.requests(is_open=True)) == [late, fresh]
    assert queries.count_late(now) == 1
    assert [line.is_late for line in queries.lines([late, fresh], now)] == [True, False]


def test_an_extension_is_taken_once_and_within_the_first_month(ana: Customer, now: datetime) -> None:
    one = entered(ana, now)
    assert str(actions.extend_request(one.pk, "many files", actor="cli", now=now).due_on) == "2027-02-16"
    with pytest.raises(Refused, match="once"):
        actions.extend_request(one.pk, "again", actor="cli", now=now)
    other = entered(ana, now)
    with pytest.raises(Refused, match="first month is over"):
        actions.extend_request(other.pk, "complex", actor="cli", now=now + timedelta(days=31))


def test_a_refusal_needs_its_reason_and_a_closed_request_stays_closed(ana: Customer, now: datetime) -> None:
    one = entered(ana, now)
    with pytest.raises(CordialeError, match="why"):
        actions.close_request(one.pk, RequestState.REFUSED, " ", actor="cli", now=now)
    actions.close_request(one.pk, RequestState.ANSWERED, "sent", actor="cli", now=now)
    with pytest.raises(Refused, match="closed"):
        actions.close_request(one.pk, RequestState.ANSWERED, "", actor="cli", now=now)


def test_a_request_of_tomorrow_or_of_an_unknown_kind_is_refused(ana: Customer, now: datetime) -> None:
    with pytest.raises(CordialeError, match="future"):
        actions.open_request(
            ana, "access", channel="email", note="", received_at=now + timedelta(days=1), actor="cli", now=now
        )
    with pytest.raises(CordialeError, match="no kind"):
        entered(ana, now, "oblivion")


def test_an_objection_ends_every_consent_and_keeps_the_address_off_the_lists(ana: Customer, now: datetime) -> None:
    consent.grant(ana.pk, [("offers", "email")], now, consent.Origin(source="form", language="fr"))
    assert actions.stop_marketing(ana, channel="email", actor="cli", now=now) == 1
    assert may_contact([ana.pk], "offers", "email") == set()
    assert opposed("email", ["Ana.Roy@example.org"]) == {"Ana.Roy@example.org"}


def test_a_restriction_is_set_once_and_lifted(ana: Customer, now: datetime) -> None:
    actions.restrict(ana, actor="cli", now=now)
    actions.restrict(ana, actor="cli", now=now + timedelta(days=1))
    assert Customer.objects.get(pk=ana.pk).restricted_at == now
    actions.lift_restriction(ana, actor="cli", now=now + timedelta(days=2))
    assert Customer.objects.get(pk=ana.pk).restricted_at is None
