"""What is left of a person in what was sent, once erased."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import Any

import pytest
from django.db import connection, transaction

from cordiale.connectors import actions, applying, holding, inbox
from cordiale.connectors.models import Connector, Inbound, State
from cordiale.customers.models import Customer
from cordiale.lake import open_lake
from tests.connectors.payloads import SECRET, dumped, woo_order

pytestmark = pytest.mark.django_db(transaction=True)
NOW = datetime(2026, 11, 16, 9, 0, tzinfo=UTC)
PEOPLE = "kind: customer\nfields: {reference: number, email: mail, phone: tel, first_name: name}"
EVENTS = "kind: event\nfields: {event_id: id, name: what, at: when, email: who}"


@pytest.fixture
def woo() -> Connector:
    return actions.add("woocommerce", "lainage", {}, secret=SECRET, actor="cli", now=NOW).connector


@pytest.fixture
def till() -> Connector:
    return actions.add("generic", "till", {"mapping": PEOPLE, "scheme": "hmac-hex"}, actor="cli", now=NOW).connector


def keep(connector: Connector, payload: Any, topic: str = "") -> Inbound:
    body = payload if isinstance(payload, bytes) else dumped(payload)
    headers = {"x-wc-webhook-topic": topic}
    inbox.receive(connector, body, headers, NOW)
    return Inbound.objects.select_related("connector").latest("pk")


def everything_kept() -> str:
    with connection.cursor() as cursor:
        cursor.execute(
            "select string_agg(t::text || coalesce(encode(body, 'escape'), ''), ' ') from connectors_inbound t"
        )
        return str(cursor.fetchone()[0]).lower()


def test_nothing_of_an_erased_person_is_left_whatever_became_of_the_delivery(woo: Connector, till: Connector) -> None:
    keep(woo, woo_order(), "order.created")
    inbox.process(NOW)
    keep(woo, woo_order(status="completed"), "order.updated")
    keep(woo, b'{"id": 5, "billing": {"email": "Anne@Example.org"', "order.updated")
    keep(till, {"mail": "ANNE@example.org", "number": {"wrong": 1}})
    keep(till, {"tel": "+33 6 12 34 56 78", "name": "Anne"})
    inbox.process(NOW)
    keep(till, {"mail": "anne@example.org", "name": "Again"})
    assert "anne@example.org" in everything_kept()
    holding.erase([Customer.objects.get(email="anne@example.org").pk], NOW)
    left = everything_kept()
    assert "anne" not in left
    assert "12 34 56 78" not in left


def test_a_body_sent_again_does_not_bring_an_erased_person_back(woo: Connector) -> None:
    keep(woo, woo_order(), "order.created")
    inbox.process(NOW)
    (number,) = Customer.objects.values_list("pk", flat=True)
    assert holding.erase([number], NOW) == 1
    assert holding.erase([number], NOW) == 0
    assert inbox.receive(woo, dumped(woo_order()), {"x-wc-webhook-topic": "order.created"}, NOW) is False
    assert inbox.process(NOW).total == 0
    row = Inbound.objects.get()
    assert (row.body, row.customer_ids, row.reason) == (None, [], "")


def test_others_who_wait_beside_an_erased_person_are_taken_in(till: Connector) -> None:
    keep(till, {"number": "77", "mail": "anne@example.org"})
    inbox.process(NOW)
    anne = Customer.objects.get().pk
    keep(till, [{"mail": "ben@example.org"}, {"mail": "joanne@example.org"}, {"number": "77", "name": "A"}])
    holding.erase([anne], NOW)
    Customer.objects.filter(pk=anne).delete()
    assert inbox.process(NOW).done == 1
    assert set(Customer.objects.values_list("email", flat=True)) == {"ben@example.org", "joanne@example.org"}


def test_facts_that_wait_for_the_lake_go_with_their_person() -> None:
    doors = actions.add("generic", "doors", {"mapping": EVENTS, "scheme": "hmac-hex"}, actor="cli", now=NOW).connector
    said = [
        {"id": mail, "what": "Door Opened", "when": "2026-11-15T08:00:00Z", "who": mail}
        for mail in ("a@b.fr", "c@d.fr")
    ]
    row = keep(doors, said)
    with transaction.atomic():
        taken = applying.take(row, NOW)
        Inbound.objects.filter(pk=row.pk).update(facts=taken.facts, customer_ids=list(taken.customer_ids), state="done")
    gone = Customer.objects.get(email="a@b.fr").pk
    holding.erase([gone], NOW)
    inbox.process(NOW)
    assert open_lake().query("select event_id from events").to_pylist() == [{"event_id": "doors:c@d.fr"}]


def test_only_his_rows_of_a_batch_are_given_out_to_a_person(till: Connector) -> None:
    keep(till, {"number": "77", "mail": "anne@example.org"})
    inbox.process(NOW)
    rows = [{"number": "77", "name": "Anne"}, {"mail": "ben@example.org"}]
    Inbound.objects.create(
        connector=till, key="batch", topic="rows", body=dumped(rows), received_at=NOW, due_at=NOW, state=State.DEAD
    )
    told = holding.export([Customer.objects.get(email="anne@example.org").pk])
    assert [one["sent"] for one in told] == [json.dumps({"number": "77", "mail": "anne@example.org"}), rows[:1]]
