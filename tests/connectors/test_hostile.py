"""Whatever is sent, signed or not: an answer below 500, a dead letter at worst, and nobody else waits."""

from __future__ import annotations

import json
from collections.abc import Callable
from contextlib import suppress
from datetime import UTC, datetime
from typing import Any

import pytest
from django.db import OperationalError, connection, transaction
from django.test import Client
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from cordiale import clock
from cordiale.connectors import actions, applying, inbox
from cordiale.connectors.models import Connector, Inbound, State
from cordiale.connectors.rules import mapping, prestashop, shopify, values, woocommerce
from cordiale.connectors.rules.found import Found, Unreadable
from cordiale.customers.models import Customer
from cordiale.errors import Located
from cordiale.lake import open_lake
from cordiale.orders.models import Order
from tests.connectors.payloads import SECRET, dumped, presta, shopify_order, signed, woo_order

NOW = datetime(2026, 11, 16, 9, 0, tzinfo=UTC)
EVENT = "kind: event\nfields: {event_id: id, name: what, at: when, email: who}"
ODD = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats()
    | st.text(max_size=20)
    | st.just("\ud800")
    | st.just("a\x00b"),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=6,
)


def spoiled(whole: dict[str, Any]) -> st.SearchStrategy[dict[str, Any]]:
    """A payload with some of its places, at any depth, replaced by something odd."""
    places = list(_places(whole))
    return st.dictionaries(st.sampled_from(places), ODD, min_size=1, max_size=3).map(lambda odd: _put(whole, odd))


def _places(value: Any, path: tuple[Any, ...] = ()) -> Any:
    if path:
        yield path
    for key, inner in value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ():
        yield from _places(inner, (*path, key))


def _put(whole: Any, odd: dict[tuple[Any, ...], Any]) -> Any:
    copy = json.loads(json.dumps(whole))
    for path, value in odd.items():
        place = copy
        try:
            for step in path[:-1]:
                place = place[step]
            place[path[-1]] = value
        except (KeyError, IndexError, TypeError):
            continue  # another one of them replaced what held it
    return copy


@settings(max_examples=150, deadline=None)
@given(
    spoiled(woo_order()) | spoiled(shopify_order()) | spoiled(presta()) | ODD,
    st.sampled_from(["woo", "shopify", "presta"]),
)
def test_a_spoiled_payload_is_read_or_refused_and_nothing_else(payload: Any, shop: str) -> None:
    read: dict[str, Callable[[bytes], Found]] = {
        "woo": lambda body: woocommerce.read("order.updated", body, "Europe/Paris", NOW, "news"),
        "shopify": lambda body: shopify.read("orders/updated", body, NOW),
        "presta": lambda body: prestashop.read("", body, "Europe/Paris"),
    }
    with suppress(Unreadable):
        assert isinstance(read[shop](json.dumps(payload).encode()), Found)


@settings(max_examples=200, deadline=None)
@given(st.dictionaries(st.sampled_from(["id", "what", "when", "who", "more", "\ud800"]), ODD))
def test_a_mapping_reads_any_row_into_what_can_be_kept(row: dict[str, Any]) -> None:
    reading = mapping.parse(EVENT)
    with suppress(Unreadable):
        found = mapping.read(reading, values.document(json.dumps(row).encode()), NOW, "Europe/Paris")
        told = json.dumps(dict(found.events[0].properties), ensure_ascii=False, allow_nan=False).encode()
        assert b"\x00" not in told


@settings(max_examples=100, deadline=None)
@given(st.text(max_size=200) | st.sampled_from(["kind: order", "kind: [", "- 1", "fields: {at: 3}", "kind: {a: b}"]))
def test_a_mapping_that_is_no_mapping_is_refused_at_its_place(text: str) -> None:
    with pytest.raises(Located):
        mapping.parse(text)


@pytest.mark.django_db(transaction=True)
@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(spoiled(woo_order()))
def test_a_signed_spoiled_order_is_taken_or_a_dead_letter(payload: dict[str, Any]) -> None:
    shop = Connector.objects.filter(name="spoiled").first() or actions.add(
        "woocommerce", "spoiled", {}, secret=SECRET, actor="cli", now=NOW
    ).connector  # fmt: skip
    body = dumped(payload)
    answer = Client().post(
        f"/connectors/in/{shop.token}/", body, content_type="application/json",
        headers={"X-WC-Webhook-Topic": "order.updated", "X-WC-Webhook-Signature": signed(body)},
    )  # fmt: skip
    assert answer.status_code == 200
    inbox.process(clock.now())
    left = Inbound.objects.exclude(state=State.DONE).values_list("state", "reason")
    assert not [reason for state, reason in left if state != State.DEAD or "mistake of ours" in reason]


@pytest.mark.django_db(transaction=True)
def test_a_bad_phone_postcode_or_email_keeps_no_order_away() -> None:
    shop = actions.add("woocommerce", "lainage", {}, secret=SECRET, actor="cli", now=NOW).connector
    billing = woo_order()["billing"] | {"phone": "0000", "postcode": "6", "country": "FR", "last_name": "N\ud800"}
    inbox.receive(shop, dumped(woo_order(billing=billing)), {"x-wc-webhook-topic": "order.updated"}, NOW)
    assert inbox.process(NOW).done == 1
    assert (Customer.objects.get().email, Customer.objects.get().postcode) == ("anne@example.org", "")
    assert Order.objects.count() == 1
    assert "postcode" in Inbound.objects.get().reason


@pytest.mark.django_db(transaction=True)
def test_a_fact_of_a_delivery_that_fails_never_reaches_the_lake() -> None:
    doors = actions.add("generic", "doors", {"mapping": EVENT, "scheme": "hmac-hex"}, actor="cli", now=NOW).connector
    good = {"id": "1", "what": "Door", "when": "2026-11-16T08:00:00Z", "who": "a@b.fr"}
    inbox.receive(doors, dumped([good, {**good, "id": "2", "when": "soon"}]), {}, NOW)
    assert inbox.process(NOW).dead == 1
    assert not Customer.objects.exists()
    assert open_lake().query("select count(*) as n from events").to_pylist() == [{"n": 0}]
    inbox.receive(doors, dumped([good]), {}, NOW)
    assert inbox.process(NOW).done == 1
    assert open_lake().query("select count(*) as n from events").to_pylist() == [{"n": 1}]


@pytest.mark.django_db(transaction=True)
def test_facts_the_lake_took_before_a_crash_are_not_taken_twice() -> None:
    doors = actions.add("generic", "doors", {"mapping": EVENT, "scheme": "hmac-hex"}, actor="cli", now=NOW).connector
    inbox.receive(doors, dumped({"id": "1", "what": "Door", "when": "2026-11-16T08:00:00Z", "who": "a@b.fr"}), {}, NOW)

    def crash(execute: Callable[..., Any], sql: str, *rest: Any) -> Any:
        if sql.startswith("UPDATE") and '"facts" = NULL' in sql:
            raise KeyboardInterrupt
        return execute(sql, *rest)

    with connection.execute_wrapper(crash), pytest.raises(KeyboardInterrupt):
        inbox.process(NOW)
    assert open_lake().query("select count(*) as n from events").to_pylist() == [{"n": 1}]
    assert Inbound.objects.get().facts
    inbox.process(NOW)
    assert open_lake().query("select count(*) as n from events").to_pylist() == [{"n": 1}]
    assert Inbound.objects.get().facts is None


@pytest.mark.django_db(transaction=True)
def test_removing_a_connector_loses_no_fact_that_was_taken_in() -> None:
    doors = actions.add("generic", "doors", {"mapping": EVENT, "scheme": "hmac-hex"}, actor="cli", now=NOW).connector
    inbox.receive(doors, dumped({"id": "1", "what": "Door", "when": "2026-11-16T08:00:00Z", "who": "a@b.fr"}), {}, NOW)
    row = Inbound.objects.select_related("connector").get()
    with transaction.atomic():
        Inbound.objects.update(facts=applying.take(row, NOW).facts, state=State.DONE)
    actions.remove("doors", actor="cli", now=NOW)
    assert open_lake().query("select count(*) as n from events").to_pylist() == [{"n": 1}]


@pytest.mark.django_db(transaction=True)
def test_one_bad_delivery_among_many_is_the_only_one_set_aside() -> None:
    shop = actions.add("woocommerce", "lainage", {}, secret=SECRET, actor="cli", now=NOW).connector
    for number in range(25):
        told = woo_order(id=number + 1) if number != 12 else {"id": 13, "status": "processing"}
        inbox.receive(shop, dumped(told), {"x-wc-webhook-topic": "order.updated"}, NOW)
    done = inbox.process(NOW)
    assert (done.done, done.dead) == (24, 1)
    assert open_lake().query("select count(distinct order_id) as n from order_lines").to_pylist() == [{"n": 24}]


@pytest.mark.django_db(transaction=True)
def test_a_connector_removed_and_added_again_counts_nothing_twice() -> None:
    said = [{"id": "1", "what": "Door", "when": "2026-11-16T08:00:00Z", "who": "a@b.fr"}]
    for _ in range(2):
        doors = actions.add("generic", "doors", {"mapping": EVENT, "scheme": "hmac-hex"}, actor="cli", now=NOW)
        inbox.receive(doors.connector, dumped(said), {}, NOW)
        assert inbox.process(NOW).done == 1
        actions.remove("doors", actor="cli", now=NOW)
    assert open_lake().query("select count(*) as n from events").to_pylist() == [{"n": 1}]


@pytest.mark.django_db(transaction=True)
def test_while_postgresql_is_away_shops_are_asked_to_come_again() -> None:
    def away(*_: Any) -> None:
        raise OperationalError("the server closed the connection")

    with connection.execute_wrapper(away):
        answer = Client().post("/connectors/in/any/", b"{}", content_type="application/json")
    assert (answer.status_code, answer["Retry-After"]) == (503, "60")
