"""Webhooks on their pages, from the command line and over the API."""

from __future__ import annotations

import json
import time
from collections.abc import Callable
from datetime import datetime
from typing import Any

import pytest
from django.test import Client
from typer.testing import CliRunner

from cordiale import clock
from cordiale.accounts import keys
from cordiale.accounts.models import AuditEntry, Staff
from cordiale.config.commands import app
from cordiale.customers.models import Customer
from cordiale.customers.signals import customers_changed
from cordiale.errors import CordialeError
from cordiale.home import Home
from cordiale.webhooks import actions, exchanging, rules
from cordiale.webhooks.models import Delivery, Endpoint, State
from tests.webhooks.conftest import Listen
from tests.webhooks.servers import answering

pytestmark = pytest.mark.django_db(transaction=True)
URL = "https://crm.example.org/hooks"


@pytest.fixture
def analyst(client: Client, now: datetime, fresh_home: Home) -> Client:
    staff = Staff.objects.create(email="a@example.org", name="Ana", role="analyst", language="en", created_at=now)
    client.force_login(staff)
    return client


@pytest.fixture
def given_up(listen: Listen, now: datetime) -> Endpoint:
    """A webhook with a message that was given up; its server has come back since."""
    other, added = listen(behave=answering(500))
    customers_changed.send(Customer, customer_ids=[1], fields=["city"], is_new=False, now=now)
    actions.deliver(now)
    Delivery.objects.update(state=State.DEAD, finished_at=now)
    other.behave = answering(200)
    return added.endpoint


def run(*words: str) -> Any:
    answer = CliRunner().invoke(app, ["webhooks", *words, "--json"])
    if isinstance(answer.exception, CordialeError):
        raise answer.exception
    assert answer.exit_code == 0, answer.output
    return json.loads(answer.output)


@pytest.fixture
def ask(now: datetime, fresh_home: Home) -> Callable[..., Any]:
    secret = keys.add_key("tests", "analyst", actor="tests", now=now)

    def send(method: str, path: str = "", body: Any = None) -> Any:
        client = Client(headers={"Authorization": f"Bearer {secret}"})
        return client.generic(method, f"/api/v1/webhooks{path}", json.dumps(body or {}), "application/json")

    return send


def test_a_webhook_added_on_its_page_shows_its_secret_once(analyst: Client) -> None:
    shown = analyst.post("/webhooks/new/", {"name": "crm", "url": URL, "events": ["customers.changed"]})
    assert "whsec_" in shown.content.decode()
    assert "no-store" in shown.headers["cache-control"]
    for page in ("/webhooks/", "/webhooks/crm/"):
        text = analyst.get(page).content.decode()
        assert URL in text
        assert "whsec_" not in text
    assert Endpoint.objects.get().events == ["customers.changed"]
    entry = AuditEntry.objects.get(noun="webhook")
    assert (entry.verb, entry.name, "whsec_" in json.dumps(entry.detail)) == ("add", "crm", False)


@pytest.mark.parametrize("wrong", [
    {"url": "http://crm.example.org"}, {"url": "nowhere"}, {"url": "https://a:b@crm.example.org"}, {"name": "new"},
    {"name": "A b"}, {"events": []}, {"events": ["all"]}, {"url": ""},
])  # fmt: skip
def test_what_is_wrong_is_said_on_the_form_and_nothing_is_added(analyst: Client, wrong: dict[str, Any]) -> None:
    answer = analyst.post("/webhooks/new/", {"name": "crm", "url": URL, "events": ["customers.changed"], **wrong})
    assert answer.status_code == 422
    assert not Endpoint.objects.exists()


def test_a_name_is_given_once(analyst: Client, now: datetime) -> None:
    actions.add("crm", URL, rules.EVENTS, actor="test", now=now)
    answer = analyst.post("/webhooks/new/", {"name": "crm", "url": URL, "events": ["customers.changed"]})
    assert (answer.status_code, "already" in answer.content.decode()) == (422, True)


def test_what_was_given_up_is_told_with_its_reason_and_sent_again(analyst: Client, given_up: Endpoint) -> None:
    assert "?state=dead" in analyst.get("/webhooks/").content.decode()
    assert "Answered 500" in analyst.get("/webhooks/crm/?state=dead").content.decode()
    number = Delivery.objects.get().pk
    analyst.post(f"/webhooks/crm/again/{number}/")
    assert actions.deliver(clock.now()).delivered == 1
    assert analyst.post(f"/webhooks/crm/again/{number}/").status_code == 404


def test_deliveries_are_fifty_a_page(analyst: Client, given_up: Endpoint, now: datetime) -> None:
    message = Delivery.objects.get().message
    for number in range(60):
        message.pk, message.key = None, f"msg_{number}"
        message.save()
        Delivery.objects.create(message=message, endpoint=given_up, due_at=now, state=State.DEAD)
    first = analyst.get("/webhooks/crm/").content.decode()
    assert first.count("<tr>") == 51
    assert "page=2" in first


def test_a_test_message_says_on_the_page_what_came(analyst: Client, listen: Listen) -> None:
    other, _ = listen()
    assert "took the test" in analyst.post("/webhooks/crm/test/", follow=True).content.decode()
    other.behave = answering(404)
    assert "Answered 404" in analyst.post("/webhooks/crm/test/", follow=True).content.decode()


def test_to_remove_a_webhook_its_name_is_written(analyst: Client, now: datetime) -> None:
    actions.add("crm", URL, rules.EVENTS, actor="test", now=now)
    assert analyst.post("/webhooks/crm/remove/", {"name": "cmr"}).status_code == 422
    analyst.post("/webhooks/crm/remove/", {"name": "crm"})
    assert not Endpoint.objects.exists()


def test_who_may_only_see_changes_nothing(analyst: Client, now: datetime) -> None:
    actions.add("crm", URL, rules.EVENTS, actor="test", now=now)
    Staff.objects.update(role="marketer")
    assert analyst.get("/webhooks/crm/").status_code == 200
    for page in ("new/", "crm/test/", "crm/remove/", "crm/again/", "crm/enable/"):
        assert analyst.post(f"/webhooks/{page}").status_code == 403
    Staff.objects.update(role="agent")
    assert analyst.get("/webhooks/").status_code == 403


def test_the_command_line_adds_tries_and_removes(listen: Listen, given_up: Endpoint) -> None:
    assert run("list")[0]["dead"] == 1
    assert run("test", "crm")["status"] == 200
    assert run("retry", "crm") == {"again": 1, "delivered": 1, "failed": 0, "given_up": 0}
    assert run("deliver")["delivered"] == 0
    assert run("add", "erp", URL, "--event", "programme.started")["secret"].startswith("whsec_")
    assert run("remove", "crm") == {"removed": "crm"}
    assert [row["name"] for row in run("list")] == ["erp"]
    with pytest.raises(CordialeError, match="there are: erp"):
        run("test", "crm")


def test_a_test_that_is_not_taken_fails_on_the_command_line(listen: Listen) -> None:
    listen(behave=answering(404))
    with pytest.raises(CordialeError, match="Answered 404"):
        run("test", "crm")


def test_a_program_adds_reads_and_removes(ask: Callable[..., Any]) -> None:
    added = ask("POST", "", {"name": "crm", "url": URL, "events": ["customers.changed"]})
    assert (added.status_code, added.json()["secret"][:6]) == (201, "whsec_")
    assert "secret" not in ask("GET").json()[0]
    assert ask("GET", "/crm").json()["url"] == URL
    assert (
        ask("POST", "", {"name": "erp", "url": "http://10.0.0.1", "events": ["customers.changed"]}).status_code == 422
    )
    assert ask("POST", "", {"name": "erp", "url": URL, "events": ["nothing"]}).status_code == 422
    assert ask("DELETE", "/crm").status_code == 204
    assert ask("DELETE", "/crm").status_code == 404


def test_a_program_reads_deliveries_and_sends_them_again(ask: Callable[..., Any], given_up: Endpoint) -> None:
    page = ask("GET", "/crm/deliveries?state=dead").json()
    (one,) = page["deliveries"]
    assert (page["total"], one["state"], one["status"], one["reason"]) == (1, "dead", 500, "Answered 500")
    assert ask("POST", f"/crm/deliveries/{one['number']}/retry").json() == {"again": 1}
    assert ask("POST", f"/crm/deliveries/{one['number']}/retry").status_code == 404
    assert ask("POST", "/crm/retry").json() == {"again": 0}
    assert ask("POST", "/crm/test").json()["state"] == "delivered"


def test_a_worker_tells_others_beside_its_ticks(listen: Listen) -> None:
    other, _ = listen()
    stopping: list[int] = []
    with exchanging.in_background(stopping):
        customers_changed.send(Customer, customer_ids=[1], fields=["city"], is_new=False, now=clock.now())
        for _ in range(200):
            if Delivery.objects.filter(state=State.DELIVERED).exists():
                break
            time.sleep(0.1)
        stopping.append(15)
    assert len(other.received) == 1
