"""The address shops call, and what becomes of what they send."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from django.test import Client
from standardwebhooks import Webhook

from cordiale.connectors import actions, applying, inbox
from cordiale.connectors.models import Connector, Inbound, State
from cordiale.consent import actions as consent
from cordiale.consent.models import Consent, ConsentProof
from cordiale.customers.models import Customer
from cordiale.errors import Located, Refused
from cordiale.lake import open_lake
from cordiale.orders.models import Order
from tests.connectors.payloads import SECRET, dumped, shopify_order, signed, woo_order

pytestmark = pytest.mark.django_db(transaction=True)
NOW = datetime.now(UTC) + timedelta(hours=1)  # the address itself asks the wall clock
EVENT_MAPPING = """
kind: event
fields: {event_id: id, name: what, at: when, email: who}
"""


@pytest.fixture
def shopify() -> Connector:
    return actions.add("shopify", "boutique", {}, secret=SECRET, actor="cli", now=NOW).connector


@pytest.fixture
def woo() -> Connector:
    return actions.add("woocommerce", "lainage", {}, secret=SECRET, actor="cli", now=NOW).connector


def send(connector: Connector, topic: str, payload: Any, *, secret: str = SECRET) -> Any:
    body = payload if isinstance(payload, bytes) else dumped(payload)
    names = {
        "shopify": ("X-Shopify-Topic", "X-Shopify-Hmac-Sha256"),
        "woocommerce": ("X-WC-Webhook-Topic", "X-WC-Webhook-Signature"),
    }
    told, signature = names[connector.kind]
    return Client().post(
        f"/connectors/in/{connector.token}/", body, content_type="application/json",
        headers={told: topic, signature: signed(body, secret)},
    )  # fmt: skip


def test_a_signed_order_becomes_a_customer_and_lines_in_the_lake(woo: Connector) -> None:
    assert send(woo, "order.created", woo_order()).json() == {"status": "kept"}
    assert inbox.process(NOW).done == 1
    anne = Customer.objects.get()
    assert (anne.email, anne.city) == ("anne@example.org", "Lyon")
    lines = open_lake().query("select order_id, customer_id, amount from order_lines order by line_no").to_pylist()
    assert [(row["order_id"], row["customer_id"], row["amount"]) for row in lines] == [
        ("lainage:727", anne.pk, Decimal("41.99")), ("lainage:727", anne.pk, Decimal("13.33")),
    ]  # fmt: skip
    assert Inbound.objects.get().customer_ids == [anne.pk]


def test_two_shops_with_the_same_numbers_never_clash(woo: Connector) -> None:
    other = actions.add("woocommerce", "second", {}, secret=SECRET, actor="cli", now=NOW).connector
    stranger = woo_order(billing={"first_name": "Léo", "last_name": "Noir", "email": "leo@example.org"})
    send(woo, "order.created", woo_order())
    send(other, "order.created", stranger)
    inbox.process(NOW)
    assert Customer.objects.count() == 2
    assert set(Order.objects.values_list("order_id", flat=True)) == {"lainage:727", "second:727"}


@pytest.mark.parametrize("topic", ["order.created", "order.updated"])
def test_a_replay_is_known_and_changes_nothing(woo: Connector, topic: str) -> None:
    send(woo, topic, woo_order())
    assert send(woo, topic, woo_order()).json() == {"status": "known already"}
    assert inbox.process(NOW).done == 1


def test_an_older_state_that_arrives_late_changes_nothing(woo: Connector) -> None:
    send(woo, "order.updated", woo_order(status="cancelled", date_modified_gmt="2026-11-12T09:00:00"))
    send(woo, "order.created", woo_order())
    inbox.process(NOW)
    assert Order.objects.get().status == "cancelled"


def test_a_refund_counts_once_however_often_the_order_is_told(shopify: Connector) -> None:
    refund = {
        "id": 50,
        "created_at": "2026-11-12T10:00:00+01:00",
        "refund_line_items": [{"line_item_id": 1, "quantity": 1}],
    }
    for minute in (20, 21):
        told = shopify_order(
            refunds=[refund], financial_status="partially_refunded", updated_at=f"2026-11-12T10:{minute}:00+01:00"
        )
        send(shopify, "orders/updated", told)
    inbox.process(NOW)
    order = Order.objects.get()
    assert (order.paid, order.refunded) == (Decimal("45.00"), Decimal("10.00"))


def test_a_refund_that_comes_before_its_order_waits_for_it(shopify: Connector) -> None:
    line = shopify_order()["line_items"][0]
    refund = {
        "id": 50, "order_id": 820982911, "created_at": "2026-11-12T10:00:00+01:00",
        "refund_line_items": [{"line_item_id": 1, "quantity": 1, "line_item": line}],
    }  # fmt: skip
    send(shopify, "refunds/create", refund)
    assert inbox.process(NOW).later == 1
    send(shopify, "orders/create", shopify_order())
    assert inbox.process(NOW).done == 1
    assert inbox.process(NOW + timedelta(minutes=2)).done == 1
    assert Order.objects.get().refunded == Decimal("10.00")


@pytest.mark.parametrize(("secret", "status"), [("wrong", 401), ("", 401)])
def test_a_wrong_signature_is_refused_and_nothing_is_kept(woo: Connector, secret: str, status: int) -> None:
    assert send(woo, "order.created", woo_order(), secret=secret).status_code == status
    assert not Inbound.objects.exists()


def test_the_address_takes_posts_of_a_known_token_and_size_only(woo: Connector) -> None:
    client = Client()
    assert client.get(f"/connectors/in/{woo.token}/").status_code == 405
    assert client.post("/connectors/in/nobody/", b"{}", content_type="application/json").status_code == 404
    large = b"[" + b" " * inbox.LARGEST + b"]"
    assert send(woo, "order.created", large).status_code == 413
    assert client.post(f"/connectors/in/{woo.token}/", b"webhook_id=4", content_type="text/plain").json() == {
        "status": "ping"
    }
    assert not Inbound.objects.exists()


def test_an_unreadable_payload_is_a_dead_letter_that_can_be_tried_again(woo: Connector) -> None:
    send(woo, "order.created", b'{"id": 1')
    assert inbox.process(NOW).dead == 1
    row = Inbound.objects.select_related("connector").get()
    assert "this is not JSON" in row.reason
    inbox.try_again(row, actor="cli", now=NOW)
    assert Inbound.objects.get().state == State.WAITING
    with pytest.raises(Refused, match=r"."):
        inbox.try_again(row, actor="cli", now=NOW)


def test_bodies_are_deleted_after_thirty_days(woo: Connector) -> None:
    send(woo, "order.created", woo_order())
    inbox.process(NOW)
    assert inbox.forget(NOW + timedelta(days=29)) == 0
    assert inbox.forget(NOW + timedelta(days=31)) == 1
    assert Inbound.objects.get().body is None


def test_a_subscription_is_proven_once_with_its_date(shopify: Connector) -> None:
    for minute in (16, 17):
        send(shopify, "orders/updated", shopify_order(updated_at=f"2026-11-10T10:{minute}:00+01:00"))
    inbox.process(NOW)
    proof = ConsentProof.objects.get()
    assert (proof.source, proof.state, proof.at) == ("shop", "granted", datetime(2026, 11, 1, 7, tzinfo=UTC))
    assert proof.form_url == "connector:boutique"
    assert proof.wording == "Shopify: single_opt_in"


@pytest.mark.parametrize(("level", "said_at", "state"), [
    ("single_opt_in", "2026-11-01T08:00:00+01:00", "withdrawn"),
    ("single_opt_in", "2026-11-09T08:00:00+01:00", "granted"),
    ("unknown", "2026-11-09T08:00:00+01:00", "withdrawn"), (None, None, "withdrawn"),
])  # fmt: skip
def test_only_the_persons_own_later_word_overrides_a_withdrawal(
    shopify: Connector, level: str | None, said_at: str | None, state: str
) -> None:
    send(
        shopify, "customers/create", {"id": 115310627, "email": "ben@example.org", "updated_at": "2026-10-01T08:00:00Z"}
    )
    inbox.process(NOW)
    ben = Customer.objects.get()
    left = datetime(2026, 11, 5, tzinfo=UTC)
    consent.withdraw(ben.pk, "offers", "email", left, consent.Origin(source="one-click"))
    told = {"state": "subscribed", "opt_in_level": level, "consent_updated_at": said_at}
    changed = {"id": 115310627, "email": "ben@example.org", "updated_at": "2026-11-10T08:00:00Z"}
    send(shopify, "customers/update", {**changed, "email_marketing_consent": told})
    assert inbox.process(NOW).done == 1
    assert Consent.objects.get(customer=ben, purpose="offers", channel="email").state == state


@pytest.mark.parametrize(("meta", "states"), [
    ([{"key": "_news", "value": "1"}], ["granted"]), ([{"key": "_news", "value": True}], ["granted"]),
    ([{"key": "_news", "value": "0"}], []), ([{"key": "_other", "value": "1"}], []), ([], []),
])  # fmt: skip
def test_a_ticked_box_of_the_checkout_is_the_persons_own_word(meta: list[Any], states: list[str]) -> None:
    shop = actions.add("woocommerce", "opted", {"opt_in": "_news"}, secret=SECRET, actor="cli", now=NOW).connector
    for minute in (20, 21):
        told = woo_order(meta_data=meta, date_modified_gmt=f"2026-11-10T09:{minute}:00")
        send(shop, "order.updated", told)
    assert inbox.process(NOW).done == 2
    proofs = list(ConsentProof.objects.all())
    assert [one.state for one in proofs] == states
    assert all((one.source, one.at) == ("shop", datetime(2026, 11, 10, 9, 15, tzinfo=UTC)) for one in proofs)


def test_a_mapping_may_name_the_fields_the_company_declares(own_home: Any) -> None:
    shoes = "shoe_size: {type: integer, label: {fr: Pointure, en: Shoe size}, category: declared}"
    mapping = "kind: customer\nfields: {email: mail, shoe_size: feet.size, birth_on: born}"
    with pytest.raises(Located, match="'shoe_size' is not a field"):
        actions.add("generic", "till", {"mapping": mapping}, actor="cli", now=NOW)
    path = own_home.company_file("fields.yaml", Path("there already"))
    path.write_text(path.read_text() + f"\n{shoes}\n")
    till = actions.add("generic", "till", {"mapping": mapping, "scheme": "hmac-hex"}, actor="cli", now=NOW).connector
    inbox.receive(till, dumped({"mail": "a@b.fr", "feet": {"size": 42}, "born": "1990-05-01"}), {}, NOW)
    assert inbox.process(NOW).done == 1
    assert (Customer.objects.get().declared, str(Customer.objects.get().birth_on)) == ({"shoe_size": 42}, "1990-05-01")


def test_a_generic_webhook_signed_by_the_standards_library_becomes_an_event() -> None:
    added = actions.add("generic", "doors", {"mapping": EVENT_MAPPING}, actor="cli", now=NOW)
    body = dumped(
        {"id": "e1", "what": "Door Opened", "when": "2026-11-16T08:00:00Z", "who": "eva@example.org", "door": 3}
    )
    at = datetime.now(UTC)
    signature = Webhook(added.secret).sign("msg_1", at, body.decode())
    headers = {"webhook-id": "msg_1", "webhook-timestamp": str(int(at.timestamp())), "webhook-signature": signature}
    address = f"/connectors/in/{added.connector.token}/"
    answer = Client().post(address, body, content_type="application/json", headers=headers)
    assert answer.json() == {"status": "kept"}
    assert inbox.process(datetime.now(UTC)).done == 1
    (event,) = open_lake().query("select event_id, name, properties from events").to_pylist()
    assert (event["event_id"], event["name"], event["properties"]) == ("doors:e1", "Door Opened", '{"door": 3}')
    stale = headers | {"webhook-timestamp": str(int(at.timestamp()) - 3_600)}
    assert Client().post(address, body, content_type="application/json", headers=stale).status_code == 401


def test_an_event_sent_again_in_another_delivery_counts_once() -> None:
    connector = actions.add(
        "generic", "doors", {"mapping": EVENT_MAPPING, "scheme": "hmac-hex"}, actor="cli", now=NOW
    ).connector
    event = {"id": "e1", "what": "Door Opened", "when": "2026-11-16T08:00:00Z", "who": "eva@example.org"}
    for number in range(3):
        body = dumped([event, {**event, "id": f"other{number}"}])
        Inbound.objects.create(connector=connector, key=str(number), body=body, received_at=NOW, due_at=NOW)
    assert inbox.process(NOW).done == 3
    assert open_lake().query("select count(*) as n from events").to_pylist() == [{"n": 4}]


def test_a_delivery_taken_in_again_after_a_crash_changes_nothing_more(woo: Connector) -> None:
    send(woo, "order.created", woo_order())
    row = Inbound.objects.select_related("connector").get()
    for _ in range(2):
        applying.take(row, NOW)
    assert inbox.process(NOW).done == 1
    assert Customer.objects.count() == 1
    assert open_lake().query("select count(*) as n from order_lines").to_pylist() == [{"n": 2}]


def test_secrets_are_files_of_their_owner_and_never_in_the_database(woo: Connector, own_home: Any) -> None:
    (file,) = (own_home.run / "secrets").iterdir()
    assert (file.read_text(), file.stat().st_mode & 0o777) == (SECRET, 0o600)
    assert SECRET not in str(Connector.objects.values())
    actions.remove("lainage", actor="cli", now=NOW)
    assert not list((own_home.run / "secrets").iterdir())
