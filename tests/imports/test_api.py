"""The HTTP API of imports."""

from __future__ import annotations

from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client

from cordiale.accounts import keys
from cordiale.customers.models import Customer
from cordiale.home import Home
from cordiale.imports import actions
from cordiale.imports.mapping import load
from cordiale.imports.models import Import
from cordiale.jobs import running
from tests.imports.conftest import NOW, PEOPLE

pytestmark = pytest.mark.django_db(transaction=True)
MAPPING = "kind: customers\ncolumns: {Réf: reference, Nom: last_name, Email: email}\n"


@pytest.fixture
def client(fresh_home: Home) -> Client:
    secret = keys.add_key("tests", "analyst", actor="tests", now=NOW)
    actions.save_mapping("crm", load(MAPPING), "tests", NOW)
    return Client(headers={"Authorization": f"Bearer {secret}"})


def send(client: Client, **more: Any) -> Any:
    file = SimpleUploadedFile("people.csv", more.pop("content", PEOPLE.encode()))
    return client.post("/api/v1/imports", {"kind": "customers", "mapping": "crm", "file": file, **more})


def test_a_file_under_a_kept_mapping_is_imported_and_its_state_told(client: Client) -> None:
    begun = send(client, basis="none")
    assert begun.status_code == 202
    running.run_pending()
    told = client.get(f"/api/v1/imports/{begun.json()['id']}").json()
    assert (told["state"], told["counts"]) == ("done", {"new": 2, "refused": 1})
    assert client.get("/api/v1/imports").json()["imports"][0]["id"] == told["id"]
    assert client.post(f"/api/v1/imports/{told['id']}/undo").status_code == 202
    running.run_pending()
    assert not Customer.objects.exists()


@pytest.mark.parametrize(
    ("more", "status"),
    [({}, 422), ({"mapping": "nope"}, 404), ({"kind": "spam"}, 422), ({"basis": "x"}, 422), ({"content": b"\0"}, 422)],
)
def test_what_cannot_be_taken_is_refused_and_leaves_nothing(client: Client, more: dict[str, Any], status: int) -> None:
    refused = send(client, **more)
    assert refused.status_code == status
    assert refused.json()["error"]
    assert not Import.objects.exists()


def test_a_key_that_may_not_import_is_told_so(client: Client) -> None:
    agent = keys.add_key("phone", "agent", actor="tests", now=NOW)
    refused = Client(headers={"Authorization": f"Bearer {agent}"}).get("/api/v1/imports")
    assert refused.status_code == 403
