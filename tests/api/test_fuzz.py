"""Every operation with data of every kind: no answer of the server that the description does not announce, and nothing
half-written afterwards."""

from __future__ import annotations

import copy
import json
from collections.abc import Iterator
from typing import Any
from urllib.parse import quote, urlencode

import pytest
import schemathesis
from django.db import connection
from django.test import Client
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from schemathesis import GenerationMode
from schemathesis.checks import not_a_server_error
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_schema_conformance,
    status_code_conformance,
)

from cordiale import home
from cordiale.config.api import api
from cordiale.config.wsgi import application
from cordiale.lake import open_lake
from tests.api.seed import Company, seed

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.slow]
CHECKS = [not_a_server_error, status_code_conformance, content_type_conformance, response_schema_conformance]
EXAMPLES = 8
DESCRIPTION = json.loads(json.dumps(api.get_openapi_schema()))
NASTY: list[Any] = [
    "\0", "a\0b", "\ud800", "x" * 5_000, "", " ", "'; drop table customers --", "٣", "²", "..", "%00", "\u202e",
    2**31, 2**63, 2**64, -(2**63), 10**30, 1e308, -1, 0, True, None, [], {}, [[]], {"a": {"a": 1}},
    "0001-01-01T00:00:00Z", "9999-12-31T23:59:59-12:00", "2026-02-30", "2026-11-16T09:00:00", "infinity", "NaN",
]  # fmt: skip


def operations() -> Iterator[Any]:
    description = copy.deepcopy(DESCRIPTION)
    for methods in description["paths"].values():
        for one in methods.values():
            del one["security"]  # else half of all wrong requests are only without a key
    schema = schemathesis.openapi.from_dict(description)
    schema.app = application
    for found in schema.get_all_operations():
        yield found.ok()


@pytest.mark.parametrize("mode", list(GenerationMode))
def test_no_data_makes_the_server_fail_or_answer_otherwise_than_announced(
    fresh_home: home.Home, mode: GenerationMode
) -> None:
    company = seed()
    for operation in sorted(operations(), key=lambda one: destroys(one.method, one.path)):
        if mode is GenerationMode.POSITIVE or takes_anything(operation):
            fuzz(operation, mode, company)
    require_whole()


def fuzz(operation: Any, mode: GenerationMode, company: Company) -> None:
    @settings(
        max_examples=EXAMPLES, derandomize=True, deadline=None, database=None, suppress_health_check=list(HealthCheck)
    )
    @given(case=operation.as_strategy(generation_mode=mode), choose=st.randoms(use_true_random=False))
    def attempt(case: schemathesis.Case, choose: Any) -> None:
        for name in case.path_parameters:
            if choose.random() < 0.7:
                case.path_parameters[name] = choose.choice(company.of(name, operation.path))
        case.body, case.query = make_known(case.body, company, choose), make_known(case.query, company, choose)
        case.call_and_validate(headers={"Authorization": f"Bearer {company.key}"}, checks=CHECKS)

    attempt()


def takes_anything(operation: Any) -> bool:
    """Whether there is something that could be wrong: a body, a query, or a number in the address."""
    said = DESCRIPTION["paths"][operation.path][operation.method]
    return "requestBody" in said or any(
        one["in"] == "query" or one["schema"]["type"] != "string" for one in said["parameters"]
    )


def make_known(value: Any, company: Company, choose: Any) -> Any:
    """With names of what there is in most of the places that ask for one: beyond "unknown" there is more to find."""
    if isinstance(value, list):
        return [make_known(one, company, choose) for one in value]
    if not isinstance(value, dict):
        return value
    return {
        name: choose.choice(company.known[name])
        if name in company.known and isinstance(one, str) and choose.random() < 0.7
        else make_known(one, company, choose)
        for name, one in value.items()
    }


@pytest.mark.parametrize("part", range(2))
def test_no_nasty_value_in_any_place_makes_the_server_fail(fresh_home: home.Home, part: int) -> None:
    company = seed()
    client = Client(headers={"Authorization": f"Bearer {company.key}"}, raise_request_exception=False)
    bad = []
    every = [(method, path, one) for path, methods in DESCRIPTION["paths"].items() for method, one in methods.items()]
    for method, path, said in sorted(every, key=lambda one: destroys(one[0], one[1])):
        for number, (address, body) in enumerate(nasty_requests(path, said, company)):
            if number % 2 == part and (status := send(client, method, address, body)) >= 500:
                bad.append((method, address[:80], json.dumps(body)[:120], status))
    assert bad == []
    require_whole()


def destroys(method: str, path: str) -> bool:
    """What takes things away comes last."""
    return method.lower() == "delete" or "erase" in path


def send(client: Client, method: str, address: str, body: Any) -> int:
    text = json.dumps(body) if body is not None else ""
    return int(client.generic(method.upper(), address, text, content_type="application/json").status_code)


def nasty_requests(path: str, said: dict[str, Any], company: Company) -> Iterator[tuple[str, Any]]:
    """A sound request with one value replaced, for every place and every nasty value."""
    sound = {one["name"]: company.of(one["name"], path)[0] for one in said["parameters"] if one["in"] == "path"}
    schema = said.get("requestBody", {}).get("content", {}).get("application/json", {}).get("schema")
    body = None if schema is None else example(schema, company)
    address = path.format(**{name: quote(value, safe="") for name, value in sound.items()})
    for name in sound:
        for value in NASTY:
            quoted = {one: quote(in_address(value if one == name else sound[one]), safe="") for one in sound}
            yield path.format(**quoted), body
    for one in said["parameters"]:
        if one["in"] == "query":
            yield from ((f"{address}?{urlencode({one['name']: in_address(value)})}", body) for value in NASTY)
    for place in places(body):
        yield from ((address, replaced(body, place, value)) for value in NASTY)


def in_address(value: Any) -> bytes:
    return str(value).encode("utf-8", "replace")


def example(schema: dict[str, Any], company: Company, name: str = "") -> Any:
    """A sound body with every field filled."""
    if "$ref" in schema or "anyOf" in schema:
        shape = str(schema.get("$ref", "")).rsplit("/", 1)[-1]
        return example(DESCRIPTION["components"]["schemas"][shape] if shape else schema["anyOf"][0], company, name)
    if schema.get("type") == "object":
        return {key: example(one, company, key) for key, one in schema.get("properties", {}).items()} or {"city": "x"}
    if schema.get("type") == "array":
        return [example(schema["items"], company)]
    if schema.get("type") in ("integer", "number"):
        return schema.get("minimum", 1)
    plain = "2026-11-10T10:00:00Z" if schema.get("format") == "date-time" else "EUR"
    return schema.get("enum", company.known.get(name, [plain]))[0]


def places(value: Any, at: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    if at:
        yield at
    inner = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for key, one in inner:
        yield from places(one, (*at, key))


def replaced(body: Any, place: tuple[Any, ...], value: Any) -> Any:
    changed = copy.deepcopy(body)
    inner = changed
    for key in place[:-1]:
        inner = inner[key]
    inner[place[-1]] = value
    return changed


def require_whole() -> None:
    """Each row belongs to a customer who is there, and the lake tells of the same orders as PostgreSQL."""
    with connection.cursor() as cursor:
        for table in ("customers_submission", "identity_identity", "cases_case"):
            cursor.execute(
                f"select count(*) from {table} t where t.customer_id is not null"
                " and not exists (select 1 from customers_customer c where c.id = t.customer_id)"
            )
            assert cursor.fetchone() == (0,), table
        cursor.execute("select count(*) from customers_customer where (merged_into_id = id) <> (erased_at is not null)")
        assert cursor.fetchone() == (0,)
        cursor.execute("select order_id from orders_order where lines <> '[]' and written = revision")
        kept = {name for (name,) in cursor.fetchall()}
    told = set(open_lake().query("select distinct order_id from order_lines")["order_id"].to_pylist())
    assert kept == told
