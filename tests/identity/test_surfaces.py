"""Merging and telling from pages, the API and the command line; what is held of a person."""

from __future__ import annotations

import json
from datetime import datetime

import pytest
from django.test import Client

from cordiale.accounts.keys import add_key
from cordiale.accounts.models import Staff
from cordiale.customers.models import Customer
from cordiale.customers.queries import search
from cordiale.home import Home
from cordiale.identity import commands, holdings
from cordiale.identity.actions import Seen, Told, merge, resolve_events, tell
from cordiale.identity.models import Conflict, Identity, Merge

pytestmark = pytest.mark.django_db


@pytest.fixture
def ana(now: datetime, fresh_home: Home) -> int:
    return one(now, "u1", "Ana")


@pytest.fixture
def anna(now: datetime, fresh_home: Home) -> int:
    return one(now, "u2", "Anna", card="77", email="anna@b.fr")


def one(now: datetime, reference: str, name: str, **identifiers: str) -> int:
    row = Told(identifiers={"reference": reference, **identifiers}, values={"first_name": name}, source="shop", at=now)
    return tell([row], now)[0]


@pytest.fixture
def marketer(client: Client, now: datetime) -> Client:
    client.force_login(Staff.objects.create(email="m@b.fr", name="M", role="marketer", language="en", created_at=now))
    return client


@pytest.fixture
def key(now: datetime) -> dict[str, str]:
    return {"Authorization": f"Bearer {add_key('shop', 'marketer', actor='test', now=now)}"}


def test_a_merge_is_previewed_made_and_undone_from_the_page(marketer: Client, ana: int, anna: int) -> None:
    assert "Anna" in marketer.get(f"/merges/into/{ana}/?q=anna@b.fr").content.decode()
    seen = marketer.get(f"/merges/into/{ana}/{anna}/").content.decode()
    assert "Merge Anna into Ana" in seen
    assert "anna@b.fr" in seen
    marketer.post(f"/merges/into/{ana}/{anna}/merge/", {"reason": "twins not"})
    assert "Undo the merge of Anna" in marketer.get(f"/customers/{ana}/").content.decode()
    assert "twins not" in marketer.get("/merges/").content.decode()
    marketer.post(f"/merges/{Merge.objects.get().pk}/undo/")
    assert Customer.objects.count() == 2
    assert "Undone" in marketer.get("/merges/").content.decode()


def test_conflicts_are_listed_and_settled(marketer: Client, ana: int, anna: int, now: datetime) -> None:
    one(now, "u1", "Ana", email="anna@b.fr")
    assert "anna@b.fr" in marketer.get("/merges/conflicts/").content.decode()
    marketer.post(f"/merges/conflicts/{Conflict.objects.get().pk}/settle/")
    assert "No conflict" in marketer.get("/merges/conflicts/").content.decode()


def test_who_may_not_merge_is_refused(client: Client, ana: int, anna: int, now: datetime) -> None:
    client.force_login(Staff.objects.create(email="a@b.fr", name="A", role="agent", language="en", created_at=now))
    assert client.post(f"/merges/into/{ana}/{anna}/merge/").status_code == 403
    assert client.get("/merges/").status_code == 200


def post(client: Client, path: str, body: object, key: dict[str, str], method: str = "post") -> object:
    answer = getattr(client, method)(f"/api/v1/customers{path}", json.dumps(body), "application/json", headers=key)
    return answer.json() | {"status": answer.status_code}


def test_good_rows_are_kept_beside_bad_ones(client: Client, key: dict[str, str], fresh_home: Home) -> None:
    rows = [
        {"identifiers": {"reference": "u7"}, "values": {"first_name": "Zoé"}},
        {"identifiers": {"reference": "u8"}, "values": {"shoe": 1}},
        {"identifiers": {"email": "null"}},
        {"identifiers": {"reference": "u7", "card": "9"}},
    ]
    answer = post(client, "", {"source": "shop", "customers": rows}, key)
    assert (answer["taken"], answer["refused"]) == (2, 2)
    first, unknown, nobody, again = answer["customers"]
    assert first["id"] == again["id"]
    assert "'shoe'" in unknown["error"]
    assert "names nobody" in nobody["error"]
    assert Customer.objects.get().first_name == "Zoé"


def test_values_are_corrected_and_customers_merged_by_the_api(
    client: Client, key: dict[str, str], ana: int, anna: int
) -> None:
    assert post(client, "/u1", {"values": {"first_name": "Anaïs"}}, key, "patch")["changed"] == ["first_name"]
    assert post(client, "/u1/merge", {"merged": "u2"}, key)["merged"] == anna
    assert post(client, "/u1/merge", {"merged": "u2"}, key)["status"] == 422
    assert post(client, f"/{anna}/unmerge", {}, key)["undone_at"]
    assert post(client, "/nobody/merge", {"merged": "u2"}, key)["status"] == 404


def test_the_command_line_merges_and_undoes(ana: int, anna: int, capsys: pytest.CaptureFixture[str]) -> None:
    commands.merge("u1", "u2", as_json=True)
    assert json.loads(capsys.readouterr().out)["merged"] == anna
    commands.unmerge("u2", as_json=True)
    assert json.loads(capsys.readouterr().out)["unmerged"] == anna
    assert Customer.objects.count() == 2


def test_a_customer_is_found_by_card_and_by_a_merged_ones_values(ana: int, anna: int, now: datetime) -> None:
    assert [found.customer.id for found in search("77")] == [anna]
    merge(ana, anna, actor="cli", reason="", now=now)
    assert [found.customer.id for found in search("77")] == [ana]
    assert [found.customer.id for found in search("anna@b.fr")] == [ana]


def test_everything_held_is_given_out_and_erased(ana: int, anna: int, now: datetime) -> None:
    resolve_events([Seen(user_id="u2", anonymous_id="x", at=now)], now)
    one(now, "u1", "Ana", email="anna@b.fr")
    held = holdings.export([anna])
    assert held is not None
    assert {row["value"] for row in held["identifiers"]} == {"77", "anna@b.fr"}
    assert held["browsers"][0]["anonymous_id"] == "x"
    assert holdings.erase([anna], now) > 0
    assert holdings.erase([anna], now) == 0
    assert holdings.export([anna]) is None
    assert [(row.value, row.customer_id) for row in Identity.objects.all()] == [("anna@b.fr", ana)]
