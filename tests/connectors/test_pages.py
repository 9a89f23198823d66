"""Connectors on their pages and from the command line."""

from __future__ import annotations

import json
from datetime import datetime
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from django.test import Client
from typer.testing import CliRunner

from cordiale.accounts.models import AuditEntry, Staff
from cordiale.config.commands import app
from cordiale.connectors import actions, inbox
from cordiale.connectors.models import Connector, Inbound, State
from cordiale.customers.models import Customer
from cordiale.errors import CordialeError, Refused
from cordiale.jobs.models import Job
from tests.connectors.payloads import SECRET, dumped, woo_order

pytestmark = pytest.mark.django_db(transaction=True)
MAPPING = "kind: customer\nfields: {email: mail, first_name: name}\n"
PULL = {"name": "till", "secret": "host=127.0.0.1 password=s3cr3t", "mapping": MAPPING, "query": "select 1",
        "cursor": "changed", "cursor_kind": "instant"}  # fmt: skip


@pytest.fixture
def analyst(client: Client, now: datetime) -> Client:
    staff = Staff.objects.create(email="a@example.org", name="Ana", role="analyst", language="en", created_at=now)
    client.force_login(staff)
    return client


@pytest.fixture
def shop(now: datetime) -> Connector:
    """A shop with a dead letter."""
    shop = actions.add("woocommerce", "shop", {}, secret=SECRET, actor="cli", now=now).connector
    inbox.receive(shop, b"{", {"x-wc-webhook-topic": "order.updated"}, now)
    inbox.process(now)
    return shop


def run(*words: str) -> Any:
    answer = CliRunner().invoke(app, ["connectors", *words, "--json"])
    if isinstance(answer.exception, CordialeError):
        raise answer.exception
    assert answer.exit_code == 0, answer.output
    return json.loads(answer.output)


def test_a_shop_connected_on_a_page_shows_its_secret_once(analyst: Client) -> None:
    page = analyst.post("/connectors/new/?kind=woocommerce", {"name": "shop", "opt_in": "_news"})
    secret = page.context["secret"]
    assert len(secret) > 30
    assert page["Cache-Control"].count("no-store")
    later = analyst.get("/connectors/shop/").content.decode()
    assert secret not in later
    assert "_news" in later
    assert f"/connectors/in/{Connector.objects.get().token}/" in later


def test_a_pull_connected_on_a_page_never_shows_its_address(analyst: Client) -> None:
    assert analyst.post("/connectors/new/?kind=postgresql", PULL).status_code == 302
    assert "s3cr3t" not in analyst.get("/connectors/till/").content.decode()
    assert "s3cr3t" not in str(AuditEntry.objects.values()) + str(Connector.objects.values())
    analyst.post("/connectors/till/pull/")
    assert Job.objects.get(kind="pull").title == "till"


@pytest.mark.parametrize(("change", "said"), [
    ({"mapping": "kind: nothing"}, "kind is one of"), ({"cursor": "a b"}, "cannot be a cursor"),
    ({"name": "new"}, "cannot name"),
])  # fmt: skip
def test_a_wrong_setting_is_said_and_nothing_is_connected(analyst: Client, change: dict[str, str], said: str) -> None:
    page = analyst.post("/connectors/new/?kind=postgresql", PULL | change)
    assert page.status_code == 422
    assert said in page.content.decode()
    assert "s3cr3t" not in page.content.decode()
    assert not Connector.objects.exists()


def test_a_dead_letter_is_tried_again_from_its_page(analyst: Client, shop: Connector) -> None:
    dead = Inbound.objects.get()
    assert "this is not JSON" in analyst.get("/connectors/shop/?state=dead").content.decode()
    analyst.post(f"/connectors/shop/again/{dead.pk}/")
    assert Inbound.objects.get().state == State.WAITING
    assert analyst.post(f"/connectors/shop/again/{dead.pk}/").status_code == 404


def test_removing_asks_for_the_name(analyst: Client, shop: Connector) -> None:
    assert analyst.post("/connectors/shop/remove/", {"name": "shop?"}).status_code == 422
    assert analyst.post("/connectors/shop/remove/", {"name": "shop"}).status_code == 302
    assert not Connector.objects.exists()


def test_who_may_not_edit_sees_no_forms_and_changes_nothing(client: Client, now: datetime, shop: Connector) -> None:
    client.force_login(
        Staff.objects.create(email="m@example.org", name="M", role="marketer", language="fr", created_at=now)
    )
    page = client.get("/connectors/shop/").content.decode()
    assert "Envois reçus" in page
    assert "/remove/" not in page
    assert client.post("/connectors/shop/remove/", {"name": "shop"}).status_code == 403
    assert client.get("/connectors/new/").status_code == 403


def test_a_shop_is_connected_listed_shown_and_removed_by_command() -> None:
    added = run("add", "woocommerce", "shop", "--opt-in", "_news")
    assert added["address"].endswith(f"/connectors/in/{Connector.objects.get().token}/")
    assert added["secret"]
    assert [row["name"] for row in run("list")] == ["shop"]
    assert run("show", "shop")["settings"] == {"opt_in": "_news"}
    assert run("remove", "shop") == {"removed": "shop"}
    with pytest.raises(CordialeError, match="there is no connector"):
        run("show", "shop")


def test_a_parquet_file_is_pulled_by_command(tmp_path: Path) -> None:
    mapping = tmp_path / "people.yaml"
    mapping.write_text(MAPPING)
    pq.write_table(pa.table({"mail": ["a@b.fr"], "name": ["A"], "n": [1]}), tmp_path / "people.parquet")
    told = ("--mapping", str(mapping), "--cursor", "n", "--cursor-kind", "number")
    run("add", "parquet", "files", "--secret", str(tmp_path / "people.parquet"), *told)
    assert run("pull", "files")["rows"] == 1
    assert Customer.objects.get().email == "a@b.fr"
    with pytest.raises(Refused, match="tells us by itself"):
        run("add", "woocommerce", "shop") and run("pull", "shop")


def test_dead_letters_are_tried_again_by_command(shop: Connector) -> None:
    assert run("retry", "shop") == {"tried": 1, "done": 0, "dead": 1}
    Inbound.objects.update(body=dumped(woo_order()))
    assert run("retry", "shop", str(Inbound.objects.get().pk)) == {"tried": 1, "done": 1, "dead": 0}
    assert run("show", "shop")["dead_letters"] == []
