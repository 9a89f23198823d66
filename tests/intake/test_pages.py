"""Sources on their pages and from the command line."""

from __future__ import annotations

import json
from datetime import datetime
from uuid import UUID

import pytest
from django.test import Client
from typer.testing import CliRunner

from cordiale.accounts.models import AuditEntry, Staff
from cordiale.config.commands import app
from cordiale.errors import CordialeError
from cordiale.home import Home
from cordiale.intake.actions import add_source, revoke_source
from cordiale.intake.models import Inbox, Rejected, Source

pytestmark = pytest.mark.django_db


@pytest.fixture
def analyst(client: Client, now: datetime) -> Client:
    staff = Staff.objects.create(email="a@example.org", name="Ana", role="analyst", language="en", created_at=now)
    client.force_login(staff)
    return client


def test_a_source_is_added_used_and_revoked_on_its_page(analyst: Client) -> None:
    sent = {"name": "site", "kind": "browser", "origins": "https://www.example.fr/\nhttps://www.example.fr"}
    analyst.post("/sources/new/", sent)
    source = Source.objects.get(name="site")
    assert source.allowed_origins == ["https://www.example.fr"]
    page = analyst.get("/sources/site/").content.decode()
    assert page.count(source.write_key) == 3
    assert source.write_key in analyst.get("/sources/").content.decode()
    analyst.post("/sources/site/revoke/")
    source.refresh_from_db()
    assert source.revoked_at is not None
    assert [entry.verb for entry in AuditEntry.objects.filter(noun="source").order_by("id")] == ["add", "revoke"]


@pytest.mark.parametrize("origins", ["", "www.example.fr", "https://www.example.fr/shop", "*"])
def test_an_origin_must_be_one(analyst: Client, origins: str) -> None:
    answer = analyst.post("/sources/new/", {"name": "site", "kind": "browser", "origins": origins})
    assert answer.status_code == 422
    assert "https://www.example.fr" in answer.content.decode()
    assert not Source.objects.exists()


def test_origins_are_changed_or_refused_with_what_was_typed(analyst: Client, now: datetime) -> None:
    add_source("site", kind="browser", origins=["https://a.fr"], actor="test", now=now)
    refused = analyst.post("/sources/site/origins/", {"origins": "b.fr"})
    assert (refused.status_code, "b.fr" in refused.content.decode()) == (422, True)
    analyst.post("/sources/site/origins/", {"origins": "https://a.fr\nhttps://b.fr"})
    assert Source.objects.get().allowed_origins == ["https://a.fr", "https://b.fr"]


@pytest.mark.parametrize("name", ["", "Shop", "a shop", "rejected", "x" * 41])
def test_a_source_needs_a_usable_name(name: str, now: datetime) -> None:
    with pytest.raises(CordialeError):
        add_source(name, actor="test", now=now)


def test_an_agent_sees_no_sources(client: Client, now: datetime) -> None:
    staff = Staff.objects.create(email="g@example.org", name="Gus", role="agent", language="en", created_at=now)
    client.force_login(staff)
    assert client.get("/sources/").status_code == 403
    assert client.post("/sources/new/", {"name": "x"}).status_code == 403


def test_a_rejected_event_is_shown_with_its_reason_and_tried_again(analyst: Client, now: datetime) -> None:
    source = add_source("shop", actor="test", now=now)
    row = Rejected.objects.create(
        source_id=source.pk, key=UUID(int=5), kind=0, at=now, received_at=now, payload=b"{}",
        reason="it is not <JSON>", rejected_at=now,
    )  # fmt: skip
    assert "it is not &lt;JSON&gt;" in analyst.get("/sources/rejected/").content.decode()
    assert "1 event could not be used" in analyst.get("/sources/").content.decode()
    analyst.post(f"/sources/rejected/{row.pk}/again/")
    assert (Inbox.objects.get().key, Rejected.objects.count()) == (UUID(int=5), 0)


def test_commands_add_list_and_revoke(now: datetime, fresh_home: Home) -> None:
    runner = CliRunner()
    added = json.loads(runner.invoke(app, ["sources", "add", "shop", "--json"]).stdout)
    listed = json.loads(runner.invoke(app, ["sources", "list", "--json"]).stdout)
    assert (listed[0]["name"], listed[0]["write_key"], listed[0]["taken_24h"]) == ("shop", added["write_key"], 0)
    runner.invoke(app, ["sources", "revoke", "shop"])
    assert Source.objects.get().revoked_at is not None
    counted = json.loads(runner.invoke(app, ["events", "count", "--type", "track", "--json"]).stdout)
    assert counted["count"] == 0
    with pytest.raises(CordialeError, match="no source 'shop' in use"):
        revoke_source("shop", actor="test", now=now)
