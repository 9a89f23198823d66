"""The inbox, the page of a case, the API and the command line."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse
from typer.testing import CliRunner

from cordiale.accounts import keys
from cordiale.accounts.models import Staff
from cordiale.cases import actions, commands
from cordiale.cases.models import Case, CaseNote
from cordiale.customers.models import Customer
from tests.cases.conftest import OpenCase

DAY = timedelta(days=1)


def test_the_inbox_lists_cases_with_figures_and_takes_one_with_a_click(
    pages: Client, opened: OpenCase, agents: tuple[Staff, Staff]
) -> None:
    case = opened()
    page = pages.get("/cases/").content.decode()
    for text in ("Where is my parcel?", "Anne Roux", "Median time", "Take it", "Call"):
        assert text in page, text
    answer = pages.post(f"/cases/{case.pk}/assign/", {"to": "me", "seen": case.revision, "back": "inbox"})
    assert answer.url == "/cases/"
    assert Case.objects.get().handler == agents[0]
    assert "Where is my parcel?" in pages.get("/cases/?tab=mine").content.decode()
    assert "Where is my parcel?" not in pages.get("/cases/?tab=unassigned").content.decode()


def test_a_case_is_opened_from_the_customers_page_in_two_clicks(pages: Client, anne: Customer) -> None:
    address = f"/cases/new/?customer={anne.pk}"
    assert address in pages.get(f"/customers/{anne.pk}/").content.decode()
    form = {
        "channel": "email",
        "category": "invoice",
        "priority": "1",
        "subject": "Twice paid",
        "text": "",
        "is_mine": "on",
    }
    answer = pages.post(address, form)
    case = Case.objects.get()
    assert answer.url == f"/cases/{case.pk}/"
    assert (case.customer, case.priority, case.handler.name) == (anne, 1, "Paul")  # type: ignore[union-attr]
    assert "Twice paid" in pages.get(f"/customers/{anne.pk}/").content.decode()


def test_a_form_that_lacks_something_says_so_and_keeps_the_rest(pages: Client, anne: Customer) -> None:
    answer = pages.post(f"/cases/new/?customer={anne.pk}", {"channel": "email", "text": "My words"})
    assert answer.status_code == 422
    assert "My words" in answer.content.decode()
    assert not Case.objects.exists()


def test_the_second_agent_sees_the_firsts_answer_and_keeps_the_own_text(
    pages: Client, opened: OpenCase, now: datetime
) -> None:
    case = opened(at=now - DAY)
    actions.answer(case.pk, "Zoé was here.", actor="Zoé", now=now)
    answer = pages.post(f"/cases/{case.pk}/write/", {"act": "answer", "text": "Mine", "seen": case.revision})
    page = answer.content.decode()
    assert answer.status_code == 409
    for text in ("in the meantime", "Zoé was here.", ">Mine</textarea>"):
        assert text in page, text
    assert CaseNote.objects.count() == 1


@pytest.mark.parametrize(("act", "state"), [("answer", "waiting"), ("resolve", "resolved"), ("internal", "open")])
def test_the_button_decides_what_the_text_is(pages: Client, opened: OpenCase, act: str, state: str) -> None:
    case = opened()
    pages.post(f"/cases/{case.pk}/write/", {"act": act, "text": "Words", "seen": case.revision})
    assert (Case.objects.get().state, CaseNote.objects.get().text) == (state, "Words")
    page = pages.get(f"/cases/{case.pk}/").content.decode()
    assert "Words" in page


def test_an_analyst_reads_cases_and_changes_none(client: Client, opened: OpenCase, now: datetime) -> None:
    analyst = Staff.objects.create(email="x@example.org", name="X", role="analyst", language="en", created_at=now)
    client.force_login(analyst)
    case = opened()
    assert "Keep our answer" not in client.get(f"/cases/{case.pk}/").content.decode()
    for name in ("write", "assign", "classify", "reopen", "rate"):
        assert client.post(reverse(f"cases:{name}", args=[case.pk])).status_code == 403


def test_the_dashboard_shows_cases_that_wait(pages: Client, opened: OpenCase) -> None:
    opened()
    assert "Cases waiting" in pages.get("/").content.decode()


@pytest.fixture
def ask(anne: Customer, now: datetime) -> Callable[..., Any]:
    client = Client(headers={"Authorization": f"Bearer {keys.add_key('phone', 'agent', actor='tests', now=now)}"})

    def send(path: str, body: dict[str, Any] | None = None) -> Any:
        if body is None:
            return client.get(f"/api/v1/cases{path}")
        return client.post(f"/api/v1/cases{path}", body, content_type="application/json")

    return send


def test_the_api_opens_writes_resolves_and_rates(ask: Callable[..., Any]) -> None:
    created = ask("", {"customer": "anne", "channel": "web", "subject": "Size?", "category": "advice"})
    number = created.json()["number"]
    assert (created.status_code, created.json()["source"]) == (201, "key phone")
    assert ask(f"/{number}/notes", {"text": "Take M.", "kind": "answer"}).json()["state"] == "waiting"
    assert ask(f"/{number}/resolve", {}).json()["state"] == "resolved"
    assert ask(f"/{number}/rating", {"score": 5}).json()["satisfaction"] == 5
    assert [one["text"] for one in ask(f"/{number}").json()["notes"]] == ["Take M."]
    assert ask("?tab=resolved&customer=anne").json()["total"] == 1


@pytest.mark.parametrize(
    ("path", "body", "status"),
    [
        ("", {"customer": "nobody", "channel": "web", "subject": "?"}, 404),
        ("", {"customer": "anne", "channel": "pigeon", "subject": "?"}, 422),
        ("", {"customer": "anne", "channel": "web", "subject": "?", "opened_at": "2099-01-01T00:00:00Z"}, 422),
        ("", {"customer": "anne", "channel": "web", "subject": "?", "opened_at": "2026-01-01T00:00:00"}, 422),
        ("/999999/resolve", {}, 404), ("/1/rating", {"score": 6}, 422), ("/99999999999999999999", None, 404),
    ],
)  # fmt: skip
def test_the_api_refuses_with_a_reason(ask: Callable[..., Any], path: str, body: Any, status: int) -> None:
    answer = ask(path, body)
    assert answer.status_code == status
    assert answer.json()


def test_the_command_line_opens_lists_and_resolves(anne: Customer, now: datetime) -> None:
    def run(*words: str) -> Any:
        result = CliRunner().invoke(commands.app, [*words, "--json"], catch_exceptions=False)
        assert result.exit_code == 0
        return json.loads(result.stdout)

    number = run("open", "anne", "Where?", "--category", "delivery", "--now", now.isoformat())["number"]
    assert [one["subject"] for one in run("list")] == ["Where?"]
    assert run("resolve", str(number), "--answer", "Here.", "--now", now.isoformat())["state"] == "resolved"
    assert run("list") == []
