from __future__ import annotations

import json
from datetime import datetime

import pytest
from django.test import Client

from cordiale.accounts.keys import add_key
from cordiale.accounts.models import AuditEntry, Staff
from cordiale.customers.actions import upsert
from cordiale.customers.models import Customer
from cordiale.home import Home
from cordiale.rights.models import Erasure, Request

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def ana(fresh_home: Home, now: datetime) -> Customer:
    ids = upsert([{"reference": "u1", "first_name": "Ana", "last_name": "Roy", "email": "ana.roy@example.org"}], now)
    return Customer.objects.get(pk=ids["u1"])


def signed_in(role: str, now: datetime) -> Client:
    staff = Staff.objects.create(email=f"{role}@example.org", name=role, role=role, language="en", created_at=now)
    client = Client()
    client.force_login(staff)
    return client


def test_a_request_is_entered_answered_and_exported_from_the_pages(ana: Customer, now: datetime) -> None:
    client = signed_in("marketer", now)
    said = {"kind": "access", "channel": "email", "received_on": "2026-11-10", "note": "what do you know?"}
    made = client.post(f"/rights/customers/{ana.pk}/new/", said)
    number = Request.objects.get().pk
    assert made["Location"] == f"/rights/{number}/"
    assert "what do you know?" in client.get(f"/rights/{number}/").content.decode()
    exported = json.loads(client.get(f"/rights/customers/{ana.pk}/export.json").content)
    assert exported["about"]["reference"] == "u1"
    client.post(f"/rights/{number}/close/", {"verb": "answered", "text": "sent"})
    assert Request.objects.get().state == "answered"


@pytest.mark.parametrize(("kind", "start"), [("pdf", b"%PDF"), ("csv", b"PK"), ("json", b"{")])
def test_an_export_is_audited_and_never_cached(ana: Customer, now: datetime, kind: str, start: bytes) -> None:
    response = signed_in("marketer", now).get(f"/rights/customers/{ana.pk}/export.{kind}")
    assert response.content.startswith(start)
    assert response["Cache-Control"] == "no-store"
    assert AuditEntry.objects.filter(verb="export", noun="customer", name=str(ana.pk)).exists()


def test_an_erasure_takes_the_reference_typed_out(ana: Customer, now: datetime) -> None:
    client = signed_in("administrator", now)
    address = f"/rights/customers/{ana.pk}/erase/"
    assert "not the reference" in client.post(address, {"reference": "u2"}).content.decode()
    assert client.post(address, {"reference": "u1"})["Location"] == "/rights/proofs/"
    assert Erasure.objects.get().is_scrubbed
    assert "This person was erased" in client.get(f"/customers/{ana.pk}/").content.decode()


def test_an_agent_enters_requests_but_neither_exports_nor_erases(ana: Customer, now: datetime) -> None:
    client = signed_in("agent", now)
    assert client.get(f"/rights/customers/{ana.pk}/new/").status_code == 200
    assert client.get(f"/rights/customers/{ana.pk}/export.json").status_code == 403
    assert client.get(f"/rights/customers/{ana.pk}/erase/").status_code == 403


def test_an_analyst_sees_no_requests(ana: Customer, now: datetime) -> None:
    assert signed_in("analyst", now).get("/rights/").status_code == 403


def test_restricting_and_lifting_from_the_customers_page(ana: Customer, now: datetime) -> None:
    client = signed_in("marketer", now)
    client.post(f"/rights/customers/{ana.pk}/restrict/", {"state": "restrict"})
    assert Customer.objects.get(pk=ana.pk).restricted_at is not None
    client.post(f"/rights/customers/{ana.pk}/restrict/", {"state": "lift"})
    assert Customer.objects.get(pk=ana.pk).restricted_at is None


def test_the_register_of_processing_is_a_page_and_a_document(fresh_home: Home, db: None, now: datetime) -> None:
    client = signed_in("marketer", now)
    page = client.get("/rights/processing/").content.decode()
    assert "Why we contact people" in page
    assert "Prospects (never ordered)" in page
    assert client.get("/rights/processing/?format=pdf").content.startswith(b"%PDF")


def test_programs_enter_requests_export_and_erase(ana: Customer, now: datetime) -> None:
    client = Client(headers={"authorization": f"Bearer {add_key('crm', 'administrator', actor='cli', now=now)}"})
    made = client.post(
        "/api/v1/rights/requests", {"customer": "u1", "kind": "erasure"}, content_type="application/json"
    )
    assert (made.status_code, made.json()["state"]) == (200, "open")
    assert client.get("/api/v1/rights/export/u1").json()["about"]["reference"] == "u1"
    assert client.post("/api/v1/rights/erase/u1").json()["customer_id"] == ana.pk
    assert client.get("/api/v1/rights/export/u1").status_code == 404
    assert client.get("/api/v1/rights/requests?is_open=false").json()["requests"][0]["state"] == "answered"
