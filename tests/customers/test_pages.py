"""The list of customers and its export."""

from __future__ import annotations

from datetime import datetime

import pytest
from django.db.models import Q
from django.test import Client

from cordiale.accounts.models import AuditEntry, Staff
from cordiale.customers import actions, filters
from cordiale.home import Home

pytestmark = pytest.mark.django_db


@pytest.fixture
def marketer(client: Client, now: datetime) -> Client:
    staff = Staff.objects.create(email="m@example.org", name="M", role="marketer", language="en", created_at=now)
    client.force_login(staff)
    return client


@pytest.fixture
def anne(now: datetime, fresh_home: Home) -> int:
    """A customer whose values a spreadsheet would run."""
    row = {
        "reference": "A", "first_name": "Anne", "last_name": "Roux", "phone": "+336", "city": "=cmd()",
        "sources": {"phone": {"source": "synthetic", "at": now.isoformat()}}, "declared": {"income": "high"},
    }  # fmt: skip
    customer: int = actions.upsert([row], now)["A"]
    return customer


def test_a_search_that_finds_one_customer_opens_the_page(marketer: Client, anne: int) -> None:
    assert marketer.get("/customers/?q=roux").url == f"/customers/{anne}/"


def test_a_search_that_finds_nobody_says_how_to_search(marketer: Client, anne: int) -> None:
    assert "Nobody matches" in marketer.get("/customers/?q=xyz").content.decode()


def test_the_list_shows_fifty_and_keeps_the_search_when_turning_pages(marketer: Client, now: datetime) -> None:
    actions.upsert([{"reference": f"R{number:03}", "last_name": "Durand"} for number in range(60)], now)
    page = marketer.get("/customers/?q=durand").content.decode()
    assert page.count('<th scope="row">') == 50
    assert "?q=durand&amp;page=2" in page


def test_an_export_holds_no_formula_and_is_audited(marketer: Client, anne: int) -> None:
    answer = marketer.get("/customers/export.csv")
    text = b"".join(answer.streaming_content).decode("utf-8-sig")
    assert "'=cmd()" in text
    assert "'+336" in text
    assert AuditEntry.objects.get().verb == "export"


def test_an_agent_may_see_customers_but_not_take_the_list_away(client: Client, anne: int, now: datetime) -> None:
    agent = Staff.objects.create(email="a@example.org", name="A", role="agent", language="en", created_at=now)
    client.force_login(agent)
    assert client.get("/customers/").status_code == 200
    refusal = client.get("/customers/export.csv")
    assert refusal.status_code == 403
    assert "Your role (agent) does not allow this" in refusal.content.decode()


def test_a_registered_filter_narrows_the_list_and_an_unknown_value_shows_nobody(anne: int) -> None:
    one = filters.Filter("letter", 1, "Letter", lambda: [("R", "R")], lambda value: Q(last_name__startswith=value))
    filters.register(one)
    try:
        assert filters.apply({"letter": "R"})[0] == Q(last_name__startswith="R")
        assert filters.apply({"letter": "?"})[0] == Q(pk__in=[])
    finally:
        filters._filters.pop("letter")
