"""The Python client against a real server on loopback."""

from __future__ import annotations

import inspect
import json
import subprocess
import sys
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from decimal import Decimal

import pytest
from pytest_django.live_server_helper import LiveServer

from cordiale import home
from cordiale.accounts import keys
from cordiale.client import ApiError, Cordiale
from cordiale.client.groups import Groups
from cordiale.client.groups.customers import Identifiers, ToldIn
from cordiale.client.groups.orders import LineIn, StatementIn
from cordiale.client.groups.quality import InvalidContact
from cordiale.config.api import api
from cordiale.jobs import running
from tests.api.seed import NOW, seed

served = pytest.mark.django_db(transaction=True)


@pytest.fixture
def client(fresh_home: home.Home, live_server: LiveServer) -> Iterator[Cordiale]:
    with Cordiale(live_server.url, seed().key, attempts=1, timeout=120) as client:
        yield client


def test_the_client_has_a_method_for_every_operation_and_no_other() -> None:
    described = json.loads(json.dumps(api.get_openapi_schema()))
    operations = {
        f"{one['tags'][0]}.{one['operationId'].removeprefix(one['tags'][0] + '_')}"
        for methods in described["paths"].values()
        for one in methods.values()
    }
    found = {
        f"{group}.{name}"
        for group, methods in vars(Groups(None)).items()  # type: ignore[arg-type]
        for name, _ in inspect.getmembers(methods, inspect.ismethod)
        if not name.startswith(("_", "every_"))
    }
    assert found == operations


def test_nothing_of_the_server_is_loaded_with_the_client() -> None:
    code = "import sys, cordiale.client; print(*sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert not {"django", "ninja", "duckdb", "cordiale.errors", "cordiale.home"} & set(done.stdout.split())


def test_a_key_is_needed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("CORDIALE_KEY", raising=False)
    with pytest.raises(ValueError, match="keys add"):
        Cordiale("http://127.0.0.1:1")


@served
def test_customers_are_told_found_corrected_and_followed_page_by_page(client: Cordiale) -> None:
    told = client.customers.tell(
        "shop", [ToldIn(identifiers=Identifiers(email="dora@example.org"), values={"first_name": "Dora"}, at=NOW)]
    )
    assert (told.taken, told.refused) == (1, 0)
    number = str(told.customers[0].id)
    assert client.customers.correct(number, {"city": "Metz"}).changed == ["city"]
    profile = client.customers.show(number).profile
    assert (profile.first_name, profile.city) == ("Dora", "Metz")
    assert profile.created_at.tzinfo is not None
    assert [one.reference for one in client.customers.every_customer(limit=1)][:3] == ["ada", "blaise", "claire"]
    assert [one.email for one in client.customers.list_customers(q="dora@example.org").customers] == [
        "dora@example.org"
    ]


@served
def test_money_is_decimal_and_instants_are_aware(client: Cordiale) -> None:
    line = LineIn(product_id="p2", quantity=1, amount=Decimal("0.10"))
    said = StatementIn(order_id="o/3", customer="ada", kind="completed", at=NOW, lines=[line], currency="EUR")
    assert client.orders.tell([said]).orders_new == 1
    assert client.orders.tell([said]).orders_same == 1
    order = client.orders.show("o/3")
    assert (order.paid, order.lines[0].at) == (Decimal("0.10"), NOW)


@served
def test_segments_are_counted_listed_and_explained(client: Cordiale) -> None:
    assert client.segments.count("city = 'Lyon'").matching == 2
    assert [one.reference for one in client.segments.every_member("lyon", limit=1)] == ["ada", "blaise"]
    assert client.segments.explain("lyon", "claire").held is False
    assert {one.name for one in client.segments.list_segments().segments} == {"dormant", "lyon", "staff"}


@served
def test_a_refusal_has_its_place_and_its_mend(client: Cordiale) -> None:
    with pytest.raises(ApiError) as wrong:
        client.segments.count("city = 'Lyon' and citty = 'x'")
    assert (wrong.value.status, wrong.value.line, wrong.value.column) == (422, 1, 19)
    assert "city" in wrong.value.hint
    with pytest.raises(ApiError) as missing:
        client.customers.show("nobody")
    assert missing.value.status == 404
    with pytest.raises(ApiError) as many:
        client.segments.members("lyon", page=0, limit=5_000)
    assert [one.place for one in many.value.problems] == ["query.page", "query.limit"]


@served
def test_keys_are_refused_with_the_reason(client: Cordiale, live_server: LiveServer) -> None:
    with Cordiale(live_server.url, "cordiale_guess") as stranger, pytest.raises(ApiError, match="keys add") as unknown:
        stranger.segments.list_segments()
    agent = keys.add_key("phone", "agent", actor="tests", now=NOW)
    with Cordiale(live_server.url, agent) as agents, pytest.raises(ApiError, match="agent") as forbidden:
        agents.segments.list_segments()
    assert (unknown.value.status, forbidden.value.status) == (401, 403)


@served
def test_a_file_is_imported_and_its_state_followed(client: Cordiale) -> None:
    file = ("people.csv", b"Ref,Name,Email\nemil,Noether,emil@example.org\n")
    begun = client.imports.bring_in("customers", "crm", file, basis="none")
    running.run_pending()
    done = client.imports.show(begun.id)
    assert (done.state, done.counts) == ("done", {"new": 1})
    assert [one.id for one in client.imports.every_import()] == [begun.id]


@served
def test_rights_cases_relations_quality_reports_and_decisions_answer(client: Cordiale) -> None:
    case = client.cases.create("ada", "phone", "Broken")
    assert client.cases.resolve(case.number, text="Sent anew").state == "resolved"
    assert client.relations.list_relations("ada").relations[0].kind == "household"
    assert client.quality.invalid_contacts([InvalidContact(channel="email", address="ada@example.org")]).marked == 1
    assert client.programmes.report("win-back").counts.enrolled == 0
    assert client.decisions.explain("ada").proposals == []
    assert client.rights.export("ada").about.reference == "ada"
    merged = client.customers.merge("ada", "blaise", reason="the same")
    assert client.customers.unmerge(merged.merged).undone_at is not None
    assert client.rights.erase("claire").rows
    with pytest.raises(ApiError, match="404"):
        client.rights.export("claire")


@served
def test_threads_share_a_client(client: Cordiale) -> None:
    with ThreadPoolExecutor(8) as pool:
        found = list(pool.map(lambda name: client.customers.show(name).profile.reference, ["ada", "blaise"] * 20))
    assert found == ["ada", "blaise"] * 20
