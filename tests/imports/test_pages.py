"""The way of a file through the pages: file, columns, check, import, result, undo."""

from __future__ import annotations

import html
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client

from cordiale.accounts.models import Staff
from cordiale.customers.models import Customer
from cordiale.home import Home
from cordiale.imports.models import Import, SavedMapping
from cordiale.jobs import running
from cordiale.jobs.models import Job
from tests.imports.conftest import NOW, PEOPLE, Give

pytestmark = pytest.mark.django_db(transaction=True)


def signed_in(role: str, language: str = "en") -> Client:
    staff = Staff.objects.create(email=f"{role}@example.org", role=role, language=language, created_at=NOW)
    client = Client()
    client.force_login(staff)
    return client


@pytest.fixture
def marketer(fresh_home: Home) -> Client:
    return signed_in("marketer")


def send(client: Client, content: bytes, kind: str = "customers", name: str = "people.csv") -> Any:
    return client.post("/imports/new/", {"kind": kind, "file": SimpleUploadedFile(name, content)})


def meanings(client: Client, address: str, **more: str) -> dict[str, str]:
    """What the form of the second step holds when nobody changes anything."""
    context = client.get(address).context
    form = {f"to-{row['place']}": row["to"] for row in context["rows"]}
    return {**form, "has_header": "on", "basis": "none", **more}


def test_a_file_goes_all_the_way_and_back(marketer: Client) -> None:
    sent = send(marketer, PEOPLE.encode("cp1252"))
    address = sent.headers["Location"]
    page = marketer.get(address).content.decode()
    assert "Windows-1252" in page
    assert "Anaïs" in page
    checked = marketer.post(address, meanings(marketer, address, save_as="from-the-crm"))
    assert "every 1s" in marketer.get(checked.headers["Location"]).content.decode()
    running.run_pending()
    report = marketer.get(checked.headers["Location"]).content.decode()
    assert "Not an email address" in report
    assert not Customer.objects.exists()
    number = Import.objects.get().pk
    marketer.post(f"/imports/{number}/run/")
    running.run_pending()
    page = marketer.get(f"/imports/{number}/").content.decode()
    assert "Type" in page
    assert Customer.objects.count() == 2
    file = marketer.get(f"/imports/{number}/refused.csv")
    assert "chloe@example" in b"".join(file.streaming_content).decode("utf-8-sig")  # type: ignore[attr-defined]
    assert marketer.post(f"/imports/{number}/undo/", {"typed": "x"}).status_code == 422
    marketer.post(f"/imports/{number}/undo/", {"typed": str(number)})
    running.run_pending()
    assert not Customer.objects.exists()
    assert "customers only this import knew were removed" in marketer.get(f"/imports/{number}/").content.decode()


@pytest.mark.parametrize(
    ("said", "words"),
    [
        ({"to-0": "email", "to-1": "email"}, "vont toutes deux à Adresse e-mail (email)"),
        ({"to-0": "city", "to-1": ""}, "aucune colonne ne dit de qui parle une ligne"),
        ({"to-0": "", "to-1": ""}, "aucune colonne n’est choisie"),
        ({"basis": "consent", "basis-purpose": "offers"}, "il manque à la preuve du consentement"),
        ({"read_again": "1", "skip": "200", "delimiter": ";", "encoding": "utf-8"}, "au plus 100 lignes"),
        ({"save_as": "Mon CRM"}, "ne peut pas nommer une correspondance"),
    ],
)
def test_what_is_wrong_is_said_in_the_language_of_the_page(fresh_home: Home, said: dict[str, str], words: str) -> None:
    client = signed_in("marketer", "fr")
    address = send(client, "Réf;Prénom\nu1;Ana\n".encode()).headers["Location"]
    refused = client.post(address, meanings(client, address) | said)
    assert refused.status_code == 422
    assert words in html.unescape(refused.content.decode())


def test_what_only_a_person_can_say_is_asked_beside_what_was_said(marketer: Client) -> None:
    address = send(marketer, "Réf;Né le\nu1;01/02/1980\n".encode()).headers["Location"]
    refused = marketer.post(address, meanings(marketer, address))
    assert refused.status_code == 422
    assert "day first or month first" in refused.content.decode()
    taken = marketer.post(address, meanings(marketer, address, dates="month-first"))
    assert taken.headers["Location"].endswith("/check/")


def test_without_a_basis_nothing_begins(marketer: Client) -> None:
    address = send(marketer, PEOPLE.encode()).headers["Location"]
    refused = marketer.post(address, {**meanings(marketer, address), "basis": ""})
    assert "on what basis" in refused.content.decode()
    assert not Job.objects.exists()


def test_a_kept_mapping_is_offered_and_is_the_yaml_file(marketer: Client) -> None:
    address = send(marketer, PEOPLE.encode()).headers["Location"]
    marketer.post(address, meanings(marketer, address, save_as="from-the-crm"))
    assert SavedMapping.objects.get().name == "from-the-crm"
    assert "from-the-crm" in marketer.get(send(marketer, PEOPLE.encode()).headers["Location"]).content.decode()
    yaml = marketer.get("/imports/mappings/from-the-crm.yaml").content.decode()
    assert "Prénom: first_name" in yaml


def test_another_reading_shows_other_columns(marketer: Client) -> None:
    address = send(marketer, b"a,b;c,d\n1,2;3,4\n").headers["Location"]
    marketer.post(address, {"read_again": "1", "delimiter": ",", "encoding": "utf-8", "has_header": "on", "skip": "0"})
    assert [row["name"] for row in marketer.get(address).context["rows"]] == ["a", "b;c", "d"]


@pytest.mark.parametrize(
    "content", [b"", b"\x1f\x8b\x08\x00junk", b"PK\x03\x04junk", b"PAR1junk", bytes(range(256)) * 40]
)
def test_what_is_no_table_is_refused_beside_the_file(marketer: Client, content: bytes) -> None:
    answer = send(marketer, content)
    assert answer.status_code == 422
    assert 'class="error"' in answer.content.decode()
    assert not Import.objects.exists()


def test_who_may_not_import_sees_no_button_and_gets_no_page(give: Give) -> None:
    agent = signed_in("agent")
    assert agent.get("/imports/").status_code == 403
    assert agent.post("/imports/1/run/").status_code == 403


def test_every_list_is_bounded(marketer: Client) -> None:
    Import.objects.bulk_create(
        Import(kind="orders", file_name=f"f{number}", digest="", size=0, actor="x", created_at=NOW)
        for number in range(60)
    )
    assert len(marketer.get("/imports/?kind=orders").context["rows"]) == 50
