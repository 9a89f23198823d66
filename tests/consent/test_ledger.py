"""The ledger is immutable, the state is what it says, and nobody is resubscribed behind their back."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest
from django.db import DatabaseError, connection, transaction
from django.utils import translation
from hypothesis import given
from hypothesis import strategies as st

from cordiale.consent import actions, queries, rules
from cordiale.consent.actions import Origin
from cordiale.consent.models import ConsentProof
from cordiale.customers.models import Customer
from cordiale.errors import CordialeError, NotFound

from .conftest import said

PAGE = Origin(source="preference page", language="en")


def state_of(customer: Customer) -> str:
    return queries.state(customer.pk)["offers", "email"].state


@pytest.mark.parametrize(
    "statement", ["update consent_consentproof set source = 'x'", "delete from consent_consentproof"]
)
def test_a_line_of_the_ledger_cannot_be_changed_or_deleted(ada: Customer, statement: str) -> None:
    with pytest.raises(DatabaseError, match="immutable"), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(statement)
    assert ConsentProof.objects.get().source == "shop"


def test_withdrawing_takes_effect_at_once_and_is_written_once(ada: Customer, now: datetime) -> None:
    assert actions.withdraw(ada.pk, "offers", "email", now, PAGE) == [("offers", "email", True)]
    assert actions.withdraw(ada.pk, "offers", "email", now, PAGE) == []
    assert queries.may_contact([ada.pk], "offers", "email") == set()
    assert ConsentProof.objects.count() == 2


def test_an_older_statement_never_overrides_a_newer_one(ada: Customer, now: datetime) -> None:
    actions.record([said(ada, "withdrawn", now - timedelta(days=20), source="form")], now)
    assert state_of(ada) == "granted"


def test_an_import_cannot_resubscribe_who_withdrew_however_recent_it_is(ada: Customer, now: datetime) -> None:
    actions.withdraw(ada.pk, "offers", "email", now - timedelta(days=5), PAGE)
    actions.record([said(ada, "granted", now, source="import 2026-11")], now)
    assert state_of(ada) == "withdrawn"


def test_the_person_can_come_back(ada: Customer, now: datetime) -> None:
    actions.withdraw(ada.pk, "offers", "email", now - timedelta(days=5), PAGE)
    actions.grant(ada.pk, [("offers", "email")], now, PAGE)
    assert state_of(ada) == "granted"
    assert queries.state(ada.pk)["offers", "email"].proof.wording.startswith("I agree to receive offers")


def test_the_state_does_not_depend_on_the_order_in_which_statements_arrive(ada: Customer, now: datetime) -> None:
    late = [
        said(ada, "granted", now - timedelta(hours=1), source="import"),
        said(ada, "withdrawn", now - timedelta(hours=2), source="form"),
    ]
    bob = Customer.objects.create(reference="B", email="b@example.org", created_at=now, updated_at=now)
    for one in late:
        actions.record([one], now)
    actions.record([said(bob, entry.state, entry.at, source=entry.source) for entry in reversed(late)], now)
    assert state_of(ada) == state_of(bob) == "withdrawn"


def test_nothing_is_recorded_where_one_statement_is_wrong(ada: Customer, now: datetime) -> None:
    nobody = said(Customer(pk=10**9), "granted", now, source="form")
    with pytest.raises(NotFound, match="1000000000"):
        actions.record([said(ada, "withdrawn", now, source="form"), nobody], now)
    with pytest.raises(CordialeError, match="in the future"):
        actions.record([said(ada, "withdrawn", now + timedelta(hours=1), source="form")], now)
    wrong = r"« gossip » n’est pas une finalité ; purposes.yaml connaît offers, news, service"
    with translation.override("fr"), pytest.raises(CordialeError, match=wrong):
        actions.record([said(ada, "withdrawn", now, source="form", purpose="gossip")], now)
    assert ConsentProof.objects.count() == 1


def test_each_customer_has_a_reason(ada: Customer, now: datetime) -> None:
    others = [
        Customer.objects.create(reference=str(number), email=email, created_at=now, updated_at=now)
        for number, email in enumerate(["", "never@example.org", "left@example.org", "no@example.org"])
    ]
    actions.record(
        [said(others[2], "withdrawn", now, source="form"), said(others[3], "granted", now, source="form")], now
    )
    actions.oppose("email", "NO@example.org ", "complaint", now)
    answers = queries.standing([ada.pk, *(one.pk for one in others)], "offers", "email")
    assert list(answers.values()) == ["allowed", "no-address", "not-granted", "withdrawn", "opposed"]
    assert queries.may_contact([others[1].pk], "service", "email") == {others[1].pk}


@pytest.mark.parametrize("channel", rules.CHANNELS)
def test_postgres_hashes_an_address_as_python_does(ada: Customer, channel: str) -> None:
    ada.street, ada.postcode, ada.city = " 3  rue É. Zola", "69001", "Lyon"
    ada.save()
    address = queries.address_sql(channel)
    statement = f"select {queries.HASH_SQL.format(address=address)} from customers_customer customer"
    with connection.cursor() as cursor:
        cursor.execute(statement, queries.hash_parameters(channel))
        hashed = cursor.fetchone()
    written = {"email": ada.email, "sms": ada.phone, "phone": ada.phone, "letter": "3 rue É. Zola 69001 Lyon"}[channel]
    assert hashed == (queries.address_hash(channel, written),)


def test_the_table_for_segments_has_every_state(ada: Customer, now: datetime) -> None:
    actions.withdraw(ada.pk, "news", "email", now, PAGE)
    rows = queries.consents_table().sort_by("purpose").to_pylist()
    assert rows == [
        {"customer_id": ada.pk, "purpose": "news", "channel": "email", "state": "withdrawn"},
        {"customer_id": ada.pk, "purpose": "offers", "channel": "email", "state": "granted"},
    ]


@pytest.mark.django_db
def test_the_table_for_segments_may_be_empty() -> None:
    assert queries.consents_table().num_rows == 0


def test_an_objection_is_lifted_by_its_owner_and_a_complaint_is_not(ada: Customer, now: datetime) -> None:
    assert actions.oppose("email", ada.email, "objection", now)
    assert queries.opposed("email", [ada.email, "b@example.org"]) == {ada.email}
    assert actions.lift_objection("email", ada.email.lower())
    actions.oppose("email", ada.email, "complaint", now)
    assert not actions.lift_objection("email", ada.email)


@given(st.emails())
def test_a_masked_address_shows_one_letter_of_the_name(email: str) -> None:
    name, _, domain = email.partition("@")
    assert rules.masked(email) == f"{name[:1]}•••@{domain}"
