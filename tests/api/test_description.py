"""The OpenAPI description: complete, typed, and true of the refusals."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from django.test import Client

from cordiale.config import client_source
from cordiale.config.api import api

DESCRIPTION = json.loads(json.dumps(api.get_openapi_schema()))
SCHEMAS = DESCRIPTION["components"]["schemas"]
OPERATIONS = {
    one["operationId"]: (path, method, one)
    for path, methods in DESCRIPTION["paths"].items()
    for method, one in methods.items()
}
FREE = {
    "Profile.declared",  # the company's own fields, as company/fields.yaml declares them
    "WholeCustomer.parts",  # what packages add under their name
    "DecisionOut.values", "ProposalOut.values", "WhyNotOut.values",  # what a rule saw, by the rule's own names
    "ExportOut.parts",  # everything held about a person, as each part keeps it
    "ToldValue.value",  # of any type a field may have
    "CountsOut.tree",  # an expression as a tree, as docs/segments-language.md says
    "CardOut.importance",  # by the names of what it was learnt from
    "ModelOut.tuning", "ModelOut.report",  # of whichever model is in force
    "ProductOut.attributes",  # the company's own
}  # fmt: skip
"""Where an answer is free-form on purpose; the shape's docstring says what is in it."""


def test_the_description_is_served_without_a_key() -> None:
    assert Client().get("/api/v1/openapi.json").json() == DESCRIPTION


def test_every_operation_has_an_id_of_its_own_a_summary_and_a_group() -> None:
    count = sum(len(methods) for methods in DESCRIPTION["paths"].values())
    assert len(OPERATIONS) == count > 30
    for name, (_, _, one) in OPERATIONS.items():
        assert name.isidentifier()
        assert one["summary"]
        assert len(one["tags"]) == 1


@pytest.mark.parametrize("name", OPERATIONS)
def test_every_operation_says_what_it_answers_and_how_it_refuses(name: str) -> None:
    path, _, one = OPERATIONS[name]
    good = [answer for status, answer in one["responses"].items() if status.startswith("2")]
    assert len(good) == 1
    assert "content" in good[0] or "204" in one["responses"]
    needed = {"401", "403", "503"} | ({"404"} if "{" in path else set()) | ({"400", "422"} if _has_body(one) else set())
    assert needed <= set(one["responses"])
    for status in needed:
        assert _schema(one["responses"][status]) == {"$ref": "#/components/schemas/Problem"}
    assert one["security"] == [{"KeyAuth": []}]


def test_nothing_is_free_form_but_what_is_meant_to_be() -> None:
    assert set(_free()) == FREE


def test_no_two_shapes_have_one_name() -> None:
    found: dict[str, set[str]] = {}
    for router in api._get_bound_routers():
        for view in router.path_operations.values():
            for operation in view.operations:
                for model in [*operation.models, *filter(None, operation.response_models.values())]:
                    for shape in _shapes(model):
                        found.setdefault(shape.__name__, set()).add(shape.__module__)
    assert {name: places for name, places in found.items() if len(places) > 1} == {}


def test_decimals_days_and_instants_have_their_formats() -> None:
    line, told = SCHEMAS["LineOut"]["properties"], SCHEMAS["Profile"]["properties"]
    assert line["amount"]["format"] == "decimal"
    assert line["at"]["format"] == told["created_at"]["format"] == "date-time"
    assert told["birth_on"]["anyOf"][0]["format"] == "date"
    assert '"pattern": "^(?!^[-+.]' not in json.dumps(DESCRIPTION), "a Decimal without format: decimal"


def test_the_committed_client_is_the_one_this_description_gives() -> None:
    root = Path(__file__).parents[2] / client_source.FOLDER
    written = {path.name: path.read_text() for path in root.glob("*.py")}
    assert written == client_source.modules(DESCRIPTION), "run: ./cordiale check --update"


def _has_body(operation: dict[str, Any]) -> bool:
    return bool(operation.get("requestBody", {}).get("required"))


def _schema(answer: dict[str, Any]) -> Any:
    return answer["content"]["application/json"]["schema"]


def _free() -> Iterator[str]:
    for name, schema in SCHEMAS.items():
        for key, one in schema.get("properties", {}).items():
            is_open = one.get("type") == "object" and one.get("additionalProperties") in (None, True)
            if is_open or not {"type", "$ref", "anyOf", "enum", "const"} & set(one):
                yield f"{name}.{key}"


def _shapes(model: Any) -> Iterator[Any]:
    """The Schema classes inside a model, wherever they are nested."""
    for field in model.model_fields.values():
        waiting, seen = [field.annotation], set()
        while waiting:
            one = waiting.pop()
            waiting += getattr(one, "__args__", ())
            if hasattr(one, "model_fields") and one not in seen:
                seen.add(one)
                yield one
                waiting += [inner.annotation for inner in one.model_fields.values()]
