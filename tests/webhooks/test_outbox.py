"""What is told: written with the change, bounded, without profiles, taken back with the person."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

import pytest
from django.db import transaction

from cordiale.consent import actions as consent
from cordiale.consent.actions import Origin
from cordiale.customers import actions as customers
from cordiale.customers.models import Customer
from cordiale.customers.signals import customers_changed
from cordiale.home import Home
from cordiale.programmes import signals as programmes
from cordiale.webhooks import actions, holding, outbox, rules
from cordiale.webhooks.models import Delivery, Endpoint, Message, Notice

pytestmark = pytest.mark.django_db


@pytest.fixture
def endpoint(fresh_home: Home, now: datetime) -> Endpoint:
    """Told of everything."""
    return actions.add("crm", "https://crm.example.org/hooks", rules.EVENTS, actor="test", now=now).endpoint


@pytest.fixture
def told(endpoint: Endpoint, now: datetime) -> Callable[[], list[dict[str, Any]]]:
    """Makes messages of what waits, and reads all there are."""

    def read() -> list[dict[str, Any]]:
        outbox.make_messages(now)
        return [json.loads(body) for body in Message.objects.order_by("pk").values_list("body", flat=True)]

    return read


def change(numbers: list[int], now: datetime, *fields: str, is_new: bool = False) -> None:
    customers_changed.send(Customer, customer_ids=numbers, fields=list(fields), is_new=is_new, now=now)


def test_nothing_is_written_while_nobody_listens(fresh_home: Home, now: datetime) -> None:
    customers.upsert([{"reference": "ana", "city": "Lyon", "created_at": now}], now)
    assert not Notice.objects.exists()
    actions.add("crm", "https://crm.example.org/hooks", [rules.STARTED], actor="test", now=now)
    customers.upsert([{"reference": "ana", "city": "Nantes", "created_at": now}], now)
    assert not Notice.objects.exists()


def test_a_change_is_told_by_numbers_and_names_of_fields(told: Any, now: datetime) -> None:
    ids = customers.upsert([{"reference": "ana", "first_name": "Zélie", "city": "Lyon", "created_at": now}], now)
    (message,) = told()
    assert message["type"] == "customers.changed"
    (changed,) = message["data"]["changes"]
    assert (changed["customers"], changed["is_new"]) == ([ids["ana"]], True)
    assert {"first_name", "city"} <= set(changed["fields"])
    assert "Zélie" not in json.dumps(message, ensure_ascii=False)


def test_what_is_rolled_back_is_never_told(told: Any, now: datetime) -> None:
    with transaction.atomic():
        change([1, 2], now, "city")
        transaction.set_rollback(True)
    assert told() == []


def test_changes_that_wait_are_drawn_together_a_customer_once(told: Any, now: datetime) -> None:
    change([1], now, "city", is_new=True)
    change([1, 2], now, "email")
    (message,) = told()
    changes = {tuple(one["customers"]): (one["is_new"], one["fields"]) for one in message["data"]["changes"]}
    assert changes == {(1,): (True, ["city", "email"]), (2,): (False, ["email"])}


def test_a_message_names_five_hundred_customers_at_most(told: Any, now: datetime) -> None:
    change(list(range(1, 1_202)), now, "city")
    named = [len(message["data"]["changes"][0]["customers"]) for message in told()]
    assert named == [500, 500, 201]
    assert Delivery.objects.count() == 3


def test_of_a_million_only_their_number_is_told(told: Any, now: datetime) -> None:
    for start in range(0, 1_000_000, 50_000):
        change(range(start, start + 50_000), now, "city", is_new=True)  # type: ignore[arg-type]
    assert Notice.objects.count() == 20
    (message,) = told()
    assert message["type"] == "customers.many_changed"
    assert message["data"] == {"count": 1_000_000, "fields": ["city"]}
    assert not Notice.objects.exists()


def test_many_small_changes_that_wait_are_told_as_many_too(told: Any, now: datetime) -> None:
    for start in range(0, 20_000, 500):
        change(list(range(start, start + 500)), now, "city")
    (message,) = told()
    assert (message["type"], message["data"]["count"]) == ("customers.many_changed", 20_000)


def test_a_consent_is_told_with_what_was_said(told: Any, now: datetime) -> None:
    number = customers.upsert([{"reference": "ana", "created_at": now}], now)["ana"]
    Message.objects.all().delete(), Notice.objects.all().delete()
    consent.grant(number, [("offers", "email")], now, Origin(source="form"))
    consent.withdraw(number, "offers", "email", now + timedelta(minutes=1), Origin(source="reply"))
    (message,) = told()
    said = [(one["customer"], one["purpose"], one["channel"], one["said"]) for one in message["data"]["consents"]]
    assert said == [(number, "offers", "email", "granted"), (number, "offers", "email", "withdrawn")]


def test_programmes_are_told_by_their_name(told: Any, now: datetime) -> None:
    programmes.applied.send(None, programme="win-back", version=2, now=now)
    programmes.started.send(None, programme="win-back", now=now)
    programmes.paused.send(None, programme="win-back", now=now)
    assert [(one["type"], one["data"]) for one in told()] == [
        ("programme.applied", {"programme": "win-back", "version": 2}),
        ("programme.started", {"programme": "win-back"}),
        ("programme.paused", {"programme": "win-back"}),
    ]


def test_each_listener_gets_what_it_asked_for(endpoint: Endpoint, now: datetime) -> None:
    other = actions.add("erp", "https://erp.example.org/", [rules.CUSTOMERS], actor="test", now=now).endpoint
    change(list(range(20_000)), now, "city")
    programmes.started.send(None, programme="win-back", now=now)
    outbox.make_messages(now)
    kinds = Delivery.objects.order_by("pk").values_list("endpoint__name", "message__type")
    assert set(kinds.filter(endpoint=other)) == {("erp", "customers.many_changed")}
    assert kinds.filter(endpoint=endpoint).count() == 2


def test_what_was_told_of_a_person_is_given_out(told: Any, now: datetime) -> None:
    change([1, 2], now, "city")
    told()
    assert holding.export([2, 9]) == [
        {"type": "customers.changed", "at": now.isoformat(), "told": "crm", "state": "waiting"}
    ]
    assert holding.export([3]) is None


def test_an_erased_person_is_taken_out_of_what_was_told_and_of_what_waits(told: Any, now: datetime) -> None:
    change([1, 2], now, "city")
    change([1], now - timedelta(days=1), "email")
    told()
    change([1, 3], now, "city")
    with transaction.atomic():
        assert holding.erase([1], now) == 2
        assert holding.erase([1], now) == 0
    numbers = [one["customers"] for message in told() for one in message["data"]["changes"]]
    assert numbers == [[2], [3]]
    assert holding.export([1]) is None


def test_a_message_that_names_nobody_any_more_goes(told: Any, now: datetime) -> None:
    change([1], now, "city")
    told()
    holding.erase([1], now)
    assert not Message.objects.exists()
    assert not Delivery.objects.exists()
