"""Correcting, adding and searching customers in the pages and by the API; export and erasure of one."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest
from django.test import Client

from cordiale.accounts import keys
from cordiale.accounts.models import AuditEntry, Staff
from cordiale.customers import actions, forms, holding, queries, validation, words
from cordiale.customers.models import Customer, Submission, Word
from cordiale.home import Home

pytestmark = pytest.mark.django_db


@pytest.fixture
def marketer(client: Client, now: datetime) -> Client:
    staff = Staff.objects.create(email="m@example.org", name="M", role="marketer", language="en", created_at=now)
    client.force_login(staff)
    return client


@pytest.fixture
def ana(now: datetime) -> Customer:
    row = actions.Submitted(reference="A", source="shop", at=now, values={
        "first_name": "Ana", "last_name": "Roux", "city": "Metz", "email": "ana@example.org",
    })  # fmt: skip
    (customer_id,) = actions.submit([row], now)
    return Customer.objects.get(id=customer_id)


def typed(customer: Customer, **values: str) -> dict[str, str]:
    """The form as the page sends it."""
    current = {name: forms.plain(value) for name, value in validation.current_values(customer).items()}
    was = {f"was_{name}": value for name, value in current.items()}
    return {**was, **current, "seen_at": customer.updated_at.isoformat(), **values}


def test_only_what_the_editor_changed_is_written_and_audited(marketer: Client, ana: Customer) -> None:
    answer = marketer.post(f"/customers/{ana.id}/edit/", typed(ana, city="Lyon", phone="06 12 34 56 78"))
    assert answer.url == f"/customers/{ana.id}/"
    ana.refresh_from_db()
    assert (ana.city, ana.phone, ana.origin("city")["source"]) == ("Lyon", "+33612345678", "correction")
    assert ana.origin("email")["source"] == "shop"
    assert AuditEntry.objects.get().detail == {"fields": ["city", "phone"]}


def test_an_error_stands_beside_its_field_and_the_text_is_kept(marketer: Client, ana: Customer) -> None:
    answer = marketer.post(f"/customers/{ana.id}/edit/", typed(ana, city="Lyon", email="nope"))
    page = answer.content.decode()
    assert answer.status_code == 422
    assert 'id="id_email_error">Not an email address' in page
    assert 'value="nope"' in page
    assert 'value="Lyon"' in page
    assert Customer.objects.get().city == "Metz"


def test_the_second_editor_sees_both_versions_and_nothing_is_lost(
    marketer: Client, ana: Customer, now: datetime
) -> None:
    mine = typed(ana, city="Nice")
    actions.correct(ana.id, {"city": "Lyon", "first_name": "Anna"}, now + timedelta(hours=1))
    page = marketer.post(f"/customers/{ana.id}/edit/", mine).content.decode()
    assert "Somebody else wrote meanwhile: Lyon" in page
    assert 'value="Nice"' in page
    assert 'value="Anna"' in page
    ana.refresh_from_db()
    again = typed(ana, city="Nice")
    marketer.post(f"/customers/{ana.id}/edit/", again)
    ana.refresh_from_db()
    assert (ana.city, ana.first_name) == ("Nice", "Anna")


def test_a_new_customer_who_seems_known_is_shown_first(marketer: Client, ana: Customer) -> None:
    form = {"reference": "N", "first_name": "Anne", "email": "ana@example.org"}
    first = marketer.post("/customers/new/", form)
    assert first.status_code == 422
    assert f"/customers/{ana.id}/" in first.content.decode()
    assert not Customer.objects.filter(reference="N").exists()
    marketer.post("/customers/new/", {**form, "is_sure": "1"})
    assert Customer.objects.get(reference="N").first_name == "Anne"


@pytest.mark.parametrize(("form", "word"), [({"reference": "A"}, "has this reference"), ({}, "at least a name")])
def test_a_new_customer_is_refused_with_the_reason(
    marketer: Client, ana: Customer, form: dict[str, str], word: str
) -> None:
    assert word in marketer.post("/customers/new/", form).content.decode()
    assert Customer.objects.count() == 1


def test_an_analyst_may_not_correct_anybody(client: Client, ana: Customer, now: datetime) -> None:
    analyst = Staff.objects.create(email="x@example.org", name="X", role="analyst", language="en", created_at=now)
    client.force_login(analyst)
    assert client.get(f"/customers/{ana.id}/edit/").status_code == 403
    assert client.get("/customers/new/").status_code == 403
    assert client.get(f"/customers/{ana.id}/values/").status_code == 200


def test_every_value_is_shown_with_its_source_and_why_it_is_kept(
    marketer: Client, ana: Customer, now: datetime
) -> None:
    actions.correct(ana.id, {"city": "Lyon"}, now + timedelta(hours=1))
    page = marketer.get(f"/customers/{ana.id}/values/").content.decode()
    for text in ("Metz", "Lyon", "shop", "correction", "kept", "counts before anything else"):
        assert text in page


def test_the_list_says_why_somebody_was_found_and_keeps_the_filters(
    marketer: Client, ana: Customer, now: datetime
) -> None:
    actions.upsert([{"reference": "B", "last_name": "Rouxel"}], now)
    page = marketer.get("/customers/?q=roux").content.decode()
    assert "Found by" in page
    assert page.index("Ana Roux") < page.index("Rouxel")


def test_a_sensitive_field_is_in_no_export(marketer: Client, ana: Customer, now: datetime, fresh_home: Home) -> None:
    label = "label: {en: X}, category: declared"
    (fresh_home.company / "fields.yaml").write_text(
        f"diet: {{type: text, {label}, sensitive: true}}\npets: {{type: text, {label}}}\n"
    )
    actions.correct(ana.id, {"diet": "vegan", "pets": "cat"}, now)
    text = b"".join(marketer.get("/customers/export.csv").streaming_content).decode()
    assert "cat" in text
    assert "vegan" not in text


@pytest.fixture
def api(client: Client, ana: Customer, now: datetime) -> Client:
    secret = keys.add_key("tests", "analyst", actor="tests", now=now)
    return Client(headers={"Authorization": f"Bearer {secret}"})


def test_the_api_finds_lists_and_shows_where_values_come_from(api: Client, ana: Customer, now: datetime) -> None:
    actions.upsert([{"reference": "B"}, {"reference": "C"}], now)
    found = api.get("/api/v1/customers?q=ana@example.org").json()
    assert [(one["reference"], one["found_by"]) for one in found["customers"]] == [("A", "email")]
    first = api.get("/api/v1/customers?limit=2").json()
    rest = api.get(f"/api/v1/customers?limit=2&after={first['next_after']}").json()
    assert [one["reference"] for one in first["customers"] + rest["customers"]] == ["A", "B", "C"]
    assert rest["next_after"] is None
    assert api.get("/api/v1/customers/A").json()["profile"]["city"] == "Metz"
    told = api.get("/api/v1/customers/A/values").json()["fields"]
    assert {one["field"]: one["told"][0]["source"] for one in told}["city"] == "shop"
    assert api.get("/api/v1/customers/nobody/values").status_code == 404


def test_a_person_is_given_out_whole(ana: Customer) -> None:
    given = holding.export([ana.id])
    assert given is not None
    assert given["profile"][0]["email"] == "ana@example.org"
    assert given["submissions"][0]["values"]["city"] == "Metz"
    assert holding.export([ana.id + 1]) is None


def test_a_person_who_is_erased_leaves_no_word_and_is_found_nowhere(ana: Customer, now: datetime) -> None:
    words.learn_all()
    assert holding.erase([ana.id], now) == 2
    assert holding.erase([ana.id], now) == 0
    row = Customer.everyone.values().get(id=ana.id)
    assert row["reference"].startswith("erased-")
    assert not {"Ana", "Roux", "ana@example.org", "Metz"} & {str(value) for value in row.values()}
    assert not Submission.objects.exists()
    assert not Word.objects.filter(word__in=["ana", "roux"]).exists()
    assert (Customer.objects.count(), queries.search("roux")) == (0, [])
