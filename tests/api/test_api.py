"""The HTTP API: keys, roles, answers and refusals."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import pytest
from django.db import OperationalError, connection
from django.test import Client

from cordiale import home
from cordiale.accounts import keys
from cordiale.accounts.models import AccessKey, AuditEntry
from cordiale.customers import actions as customers
from cordiale.errors import CordialeError, NotFound, Refused
from cordiale.segments import actions as segments

NOW = datetime(2026, 11, 16, 9, 0, tzinfo=UTC)
Ask = Callable[..., Any]
pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def ask(fresh_home: home.Home) -> Ask:
    customers.upsert(
        [{"reference": name, "first_name": name, "city": city, "created_at": NOW} for name, city in
         (("ada", "Lyon"), ("blaise", "Lyon"), ("claire", "Nantes"))],
        now=NOW,
    )  # fmt: skip
    secret = keys.add_key("tests", "analyst", actor="tests", now=NOW)

    def send(path: str, body: dict[str, Any] | None = None, key: str | None = secret) -> Any:
        headers = {"Authorization": f"Bearer {key}"} if key else {}
        client = Client(headers=headers)
        if body is None:
            return client.get(f"/api/v1{path}")
        return client.post(f"/api/v1{path}", body, content_type="application/json")

    return send


@pytest.mark.parametrize("key", [None, "", "cordiale_guess", "Bearer"])
def test_without_a_known_key_nothing_is_told(ask: Ask, key: str | None) -> None:
    answer = ask("/customers/ada", key=key)
    assert answer.status_code == 401
    assert b"ada" not in answer.content


def test_a_revoked_key_opens_nothing_any_more(ask: Ask) -> None:
    assert ask("/customers/ada").status_code == 200
    keys.revoke_key("tests", actor="tests", now=NOW)
    assert ask("/customers/ada").status_code == 401


def test_a_key_has_the_rights_of_its_role_and_is_told_why_not(ask: Ask) -> None:
    agent = keys.add_key("phone", "agent", actor="tests", now=NOW)
    assert ask("/customers/ada", key=agent).status_code == 200
    refused = ask("/segments", key=agent)
    assert refused.status_code == 403
    assert "agent" in refused.json()["error"]


def test_a_customer_is_shown_with_the_sources_of_values(ask: Ask) -> None:
    profile = ask("/customers/ada").json()["profile"]
    assert profile["reference"] == "ada"


def test_an_unknown_customer_is_not_found(ask: Ask) -> None:
    answer = ask("/customers/zoe")
    assert answer.status_code == 404
    assert "error" in answer.json()


def test_an_expression_is_counted_without_saving_anything(ask: Ask) -> None:
    answer = ask("/segments/count", {"expression": "city = 'Lyon'"}).json()
    assert (answer["matching"], answer["of"]) == (2, 3)
    assert ask("/segments").json() == {"segments": []}


def test_a_wrong_expression_is_refused_at_its_place(ask: Ask) -> None:
    answer = ask("/segments/count", {"expression": "city = 'Lyon' and citty = 'x'"})
    assert answer.status_code == 422
    assert (answer.json()["line"], answer.json()["column"]) == (1, 19)


def test_a_body_of_the_wrong_shape_names_the_field(ask: Ask) -> None:
    answer = ask("/segments/count", {"expresion": "true"})
    assert answer.status_code == 422
    assert "expression" in str(answer.json())


def test_members_come_in_bounded_pages(ask: Ask) -> None:
    segments.save_segment("lyon", "city = 'Lyon'", actor="tests", now=NOW)
    page = ask("/segments/lyon/members?limit=1&page=2").json()
    assert page["total"] == 2
    assert [one["reference"] for one in page["members"]] == ["blaise"]
    assert ask("/segments/lyon/members?limit=100000").status_code == 422


def test_membership_is_explained_rule_by_rule(ask: Ask) -> None:
    segments.save_segment("lyon", "city = 'Lyon'", actor="tests", now=NOW)
    assert ask("/segments/lyon/explain/claire").json()["held"] is False
    assert ask("/segments/lyon/explain/ada").json()["held"] is True


def test_decisions_are_explained(ask: Ask) -> None:
    answer = ask("/decisions/ada").json()
    assert (answer["customer"], answer["proposals"], answer["why_not"]) == ("ada", [], [])


def test_an_unknown_programme_has_no_report(ask: Ask) -> None:
    assert ask("/programmes/nowhere/report").status_code == 404


def test_secrets_are_not_kept_and_keys_are_audited(ask: Ask) -> None:
    secret = keys.add_key("shop", "marketer", actor="tests", now=NOW)
    kept = AccessKey.objects.get(name="shop")
    assert secret not in str(vars(kept))
    assert AuditEntry.objects.filter(noun="key", name="shop", verb="add").exists()


def test_wrong_keys_are_refused_with_the_mend(ask: Ask) -> None:
    with pytest.raises(Refused, match="another name"):
        keys.add_key("tests", "analyst", actor="tests", now=NOW)
    with pytest.raises(CordialeError, match="is not a role"):
        keys.add_key("x", "king", actor="tests", now=NOW)
    with pytest.raises(CordialeError, match="small letters"):
        keys.add_key("My key", "agent", actor="tests", now=NOW)
    with pytest.raises(NotFound, match="keys list"):
        keys.revoke_key("nobody", actor="tests", now=NOW)


def test_an_address_that_is_none_answers_as_the_api_does(ask: Ask) -> None:
    for path in ("/nowhere", "/rights/requests/x/close", "/customers/a%00b", "/orders/a%0Ab"):
        answer = ask(path)
        assert answer.status_code == 404
        assert "error" in answer.json()


@pytest.mark.parametrize(
    ("body", "status", "said"),
    [
        ('{"expression": "a\\u0000b"}', 422, "body.expression has a NUL"),
        ('{"expression": "a\\ud800"}', 422, "half a character"),
        ('{"a": 1e999}', 422, "too large"),
        ('{"a": NaN}', 422, "body.a"),
        ("[" * 50 + "]" * 50, 422, "nested too deep"),
        ("[" * 100_000, 422, "nested too deep"),
        ("{", 422, "not JSON"),
        (b'{"a": "\xff"}', 422, "not JSON"),
        (" " * 3_000_000, 413, "too large"),
    ],
)
def test_what_no_store_could_keep_is_refused_at_the_door(ask: Ask, body: str | bytes, status: int, said: str) -> None:
    secret = keys.add_key("door", "analyst", actor="tests", now=NOW)
    client = Client(headers={"Authorization": f"Bearer {secret}"})
    answer = client.generic("POST", "/api/v1/segments/count", body, content_type="application/json")
    assert answer.status_code == status
    assert said in answer.json()["error"]


def test_a_parameter_with_a_nul_is_named(ask: Ask) -> None:
    answer = ask("/customers?q=a%00b")
    assert (answer.status_code, answer.json()["error"][:1]) == (422, "q")


def test_a_database_that_does_not_answer_is_a_503_with_when_to_come_back(ask: Ask) -> None:
    with connection.execute_wrapper(_gone):
        answer = ask("/segments")
    assert (answer.status_code, answer["Retry-After"]) == (503, "2")
    assert "try again" in answer.json()["error"]


def _gone(execute: Any, sql: str, params: Any, many: bool, context: Any) -> Any:
    raise OperationalError("the server closed the connection")
