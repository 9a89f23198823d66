"""A person is put everywhere we keep anything, erased, and looked for in every table and every file."""

from __future__ import annotations

import json
import os
from datetime import datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest
from django.conf import settings as django_settings
from django.db import connection

from cordiale.accounts.actions import audit
from cordiale.cases import actions as cases
from cordiale.cases.rules import Opening
from cordiale.consent import actions as consent
from cordiale.consent.queries import opposed
from cordiale.consent.rules import ConsentEntry
from cordiale.content.actions import apply_templates
from cordiale.customers.models import Customer
from cordiale.deliveries import actions as deliveries
from cordiale.deliveries.catcher import start_catcher
from cordiale.deliveries.models import Message
from cordiale.deliveries.rules import PlannedMessage
from cordiale.errors import NotFound
from cordiale.facts.actions import record
from cordiale.home import Home
from cordiale.identity import actions as identity
from cordiale.identity.actions import Told
from cordiale.insight.actions import ensure_snapshot
from cordiale.lake import open_lake
from cordiale.rights import access, actions, documents, erasure
from cordiale.rights.models import Erasure, Request
from cordiale.webhooks import actions as webhooks
from cordiale.webhooks import outbox, rules
from cordiale.webhooks.models import Delivery
from tests.rights import traces

EMAIL, PHONE = "zephyrine.quillbert@courriel-rare.example", "+33687654321"
WORDS = ("Zéphyrine", "Quillbert", EMAIL, PHONE.removeprefix("+33"), "rue des Acanthes", "203.0.113.77")
TEMPLATES = Path(__file__).parents[2] / "programmes" / "templates"

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def person(fresh_home: Home, now: datetime, settings: Any) -> Customer:
    """Zéphyrine Quillbert, known under two numbers, with something in every part of the product."""
    values = {"first_name": "Zéphyrine", "last_name": "Quillbert", "street": "12 rue des Acanthes", "postcode": "46000",
              "city": "Cahors"}  # fmt: skip
    first, second = identity.tell(
        [
            Told(identifiers={"reference": "z1", "email": EMAIL, "phone": PHONE}, values={**values, "email": EMAIL,
                 "phone": PHONE}, source="shop", at=now),
            Told(identifiers={"reference": "z2"}, values=values, source="crm", at=now),
        ],
        now,
    )  # fmt: skip
    identity.merge(first, second, actor="cli", reason="Zéphyrine Quillbert twice", now=now)
    _say(first, now)
    _do(first, second, now)
    _write(first, now, fresh_home, settings)
    audit("customer", str(first), "note", "cli", {"said": f"call {EMAIL}"}, now)
    actions.open_request(
        Customer.objects.get(pk=first),
        "erasure",
        channel="email",
        note=f"I am {EMAIL}",
        received_at=now,
        actor="cli",
        now=now,
    )
    ensure_snapshot(now + timedelta(days=1))
    return Customer.objects.get(pk=first)


def _say(customer_id: int, now: datetime) -> None:
    consent.record(
        [
            ConsentEntry(customer_id=customer_id, purpose="offers", channel="email", state="granted", at=now,
                         form_url=f"https://x.example/?m={EMAIL}", ip_address="203.0.113.77",
                         source="form", wording="Yes", user_agent="Zéphyrine's browser")
        ],
        now,
    )  # fmt: skip
    opening = Opening(customer_id=customer_id, channel="email", subject="Quillbert parcel", text=f"Write to {EMAIL}")
    cases.open_case(opening, actor="cli", now=now)


def _do(first: int, second: int, now: datetime) -> None:
    record("events", pa.Table.from_pylist([
        {"customer_id": one, "ts": now, "event_id": f"e{one}", "name": "Signed Up", "source": "shop",
         "properties": json.dumps({"email": EMAIL, "name": "Zéphyrine Quillbert"}, ensure_ascii=False)}
        for one in (first, second)
    ]))  # fmt: skip
    record("answers", pa.Table.from_pylist([
        {"customer_id": second, "ts": now, "answer_id": "a1", "survey": "nps", "question": "why", "kind": "text",
         "value": None, "text": f"I am Quillbert, {PHONE}", "channel": "email", "source": "page"}
    ]))  # fmt: skip
    record("order_lines", pa.Table.from_pylist([
        {"customer_id": second, "ts": now, "order_id": "o-Quillbert", "line_no": 1, "product_id": "p", "quantity": 1,
         "amount": Decimal("9.90"), "discount": Decimal(0)}
    ]))  # fmt: skip
    open_lake().fold("events")


def _write(customer_id: int, now: datetime, home: Home, settings: Any) -> None:
    apply_templates(TEMPLATES, now)
    deliveries.plan(
        [PlannedMessage(proposal_id=1, customer_id=customer_id, channel="email", purpose="offers", programme="win-back",
                        step="0", template="we-miss-you")],
        now,
    )  # fmt: skip
    server = start_catcher(home.mail)
    try:
        deliveries.deliver(now, smtp_url=server.url)
    finally:
        server.stop()
    deliveries.flush_outcomes(now)


def everywhere(home: Home) -> list[Path]:
    """This test's home, and where the run's PostgreSQL keeps its files."""
    return [home.root, Home(Path(django_settings.HOME.root)).postgres / "data"]


def test_nothing_of_an_erased_person_is_left_in_any_table_or_file(
    person: Customer, fresh_home: Home, now: datetime
) -> None:
    assert len(traces.in_tables(WORDS)) > 5
    assert any(path.endswith(".parquet") for path in traces.in_files(WORDS, *everywhere(fresh_home)))
    assert any(path.endswith(".eml") for path in traces.in_files(WORDS, fresh_home.mail))
    with connection.cursor() as cursor:  # so that the server's own files hold what it knows, statistics too
        cursor.execute("analyze")
        cursor.execute("checkpoint")
    assert any("/base/" in path for path in traces.in_files(WORDS, *everywhere(fresh_home)))

    proof = erasure.erase(person, actor="cli", reason="request", now=now)

    assert traces.in_tables(WORDS) == []
    assert traces.in_files(WORDS, *everywhere(fresh_home)) == []
    assert (proof.is_scrubbed, proof.lake_at, proof.scrubbed_at) == (True, now, now)


def test_what_names_nobody_stays_right_after_an_erasure(person: Customer, now: datetime) -> None:
    proof = erasure.erase(person, actor="cli", reason="request", now=now)
    assert Message.objects.filter(customer_id=person.pk, to_address="").count() == 1
    assert opposed("email", [EMAIL]) == {EMAIL}
    assert not Customer.objects.filter(pk__in=proof.numbers).exists()
    assert [(one.state, one.note) for one in Request.objects.filter(customer_id=person.pk)] == [("answered", "")]


def test_an_erased_person_does_not_come_back_into_mailings_by_a_file(person: Customer, now: datetime) -> None:
    erasure.erase(person, actor="cli", reason="request", now=now)
    told = Told(identifiers={"email": EMAIL}, values={"email": EMAIL}, source="import:9", at=now)
    (again,) = identity.tell([told], now)
    assert again not in {person.pk}
    assert opposed("email", [EMAIL]) == {EMAIL}


def test_an_erasure_that_was_cut_off_is_finished_later(person: Customer, fresh_home: Home, now: datetime) -> None:
    erasure.erase_from_database(person.pk, actor="cli", reason="request", now=now)
    assert Erasure.objects.get().lake_at is None
    assert erasure.finish_erasures(now) == 1
    assert traces.in_files(WORDS, *everywhere(fresh_home)) == []
    assert erasure.finish_erasures(now) == 0


def test_whoever_was_told_of_a_person_is_told_of_the_erasure(person: Customer, now: datetime) -> None:
    for name, kind in (("crm", rules.CUSTOMERS), ("mail", rules.CONSENTS), ("till", rules.STARTED)):
        webhooks.add(name, f"https://{name}.example.org/hooks", [kind], actor="test", now=now)
    proof = erasure.erase(person, actor="cli", reason="asked", now=now)
    outbox.make_messages(now)
    told = Delivery.objects.filter(message__type=rules.ERASED)
    assert sorted(one.endpoint.name for one in told) == ["crm", "mail"]
    assert json.loads(told[0].message.body)["data"] == {"customers": proof.numbers}


def test_nobody_else_is_touched_by_an_erasure(person: Customer, now: datetime) -> None:
    (other,) = identity.tell(
        [Told(identifiers={"reference": "n1"}, values={"last_name": "Neighbour"}, source="shop", at=now)], now
    )
    row = {"customer_id": other, "ts": now, "event_id": "n", "name": "Seen", "properties": "{}", "source": "shop"}
    record("events", pa.Table.from_pylist([row]))
    erasure.erase(person, actor="cli", reason="request", now=now)
    assert Customer.objects.get(pk=other).last_name == "Neighbour"
    assert open_lake().query("SELECT count(*) AS n FROM events").to_pylist() == [{"n": 1}]


def test_erasing_somebody_unknown_says_so(now: datetime, db: None) -> None:
    with pytest.raises(NotFound, match="no customer"):
        erasure.erase(Customer(pk=999_999), actor="cli", reason="request", now=now)


def test_an_export_holds_what_every_part_knows(person: Customer, now: datetime) -> None:
    parts = access.gather(person, now)["parts"]
    for name in ("consent", "cases", "deliveries", "events", "answers", "order_lines", "traits", "rights"):
        assert parts[name], name
    assert json.loads(access.as_json(access.gather(person, now)))["about"]["numbers"][0] == person.pk
    assert "traits" not in access.gather(person, now, access.PORTABILITY)["parts"]


def test_an_export_is_a_readable_document_and_files_for_a_spreadsheet(
    person: Customer, now: datetime, tmp_path: Path
) -> None:
    gathered = access.gather(person, now)
    assert documents.person(gathered, "fr").startswith(b"%PDF")
    made = tmp_path / "made"
    made.mkdir()
    (made / "x.zip").write_bytes(access.as_csv(gathered))
    assert traces.in_files([EMAIL], made) == [os.fspath(made / "x.zip")]
