"""What every operation of the API has in common: a readable id, clean text at the door, one shape of refusal."""

from __future__ import annotations

import json
import math
from collections.abc import Iterator
from typing import Any

from django.http import HttpRequest
from django.utils.datastructures import MultiValueDict
from ninja import NinjaAPI
from ninja.openapi.schema import OpenAPISchema
from ninja.operation import Operation
from ninja.parser import Parser

from cordiale.accounts.api import Fault, Problem
from cordiale.errors import Refused

DEEPEST = 20
"""Nesting of a body: what we ask for is 5 deep."""
_LARGEST = 2**63 - 1
_REF = "#/components/schemas/{model}"
_REFUSALS = {
    "400": "The request cannot be read",
    "401": "No key, an unknown one or a revoked one",
    "403": "The role of the key does not allow it",
    "404": "Nothing has that name or number",
    "413": "The body is too large",
    "422": "Something is to be mended",
    "503": "A store does not answer; try again",
}


class Door(Parser):
    """Reads requests, and refuses what no store can hold: NUL and half characters, numbers without end, deep nests."""

    def parse_body(self, request: HttpRequest) -> Any:
        """The JSON value. Raises Refused with the place of what cannot be taken."""
        try:
            value = json.loads(request.body)
        except RecursionError as error:
            raise Refused(f"the body is nested too deep; {DEEPEST} levels are allowed") from error
        except ValueError as error:
            raise Refused("the body is not JSON in UTF-8; check quotes, commas and the encoding") from error
        _check(value, "body")
        return value

    def parse_querydict(
        self, data: MultiValueDict[str, Any], list_fields: list[str], request: HttpRequest
    ) -> dict[str, Any]:
        """The same for the query and for forms."""
        for name, values in data.lists():
            _check(name, "a parameter's name")
            for value in values:
                _check(value, name)
        return super().parse_querydict(data, list_fields, request)


class Api(NinjaAPI):
    """The API with ids of operations (`segments_count`, `list_segments`) and the refusals each may answer."""

    def get_openapi_operation_id(self, operation: Operation) -> str:
        """The group and the function's name; not the group twice."""
        tag, name = str((operation.tags or ["api"])[0]), operation.view_func.__name__
        return name if name.endswith(f"_{tag}") else f"{tag}_{name}"

    def get_openapi_schema(
        self, *, path_prefix: str | None = None, path_params: dict[str, Any] | None = None
    ) -> OpenAPISchema:
        """The description, refusals included."""
        found = super().get_openapi_schema(path_prefix=path_prefix, path_params=path_params)
        for path, methods in found["paths"].items():
            for operation in methods.values():
                answers = operation["responses"]
                for status in _refusals(path, operation):
                    answers[status] = _refusal(status)
                operation["responses"] = {str(status): answers[status] for status in sorted(answers, key=str)}
        found["components"]["schemas"] |= {
            one.__name__: _without_definitions(one.model_json_schema(ref_template=_REF)) for one in (Fault, Problem)
        }
        return found


def _refusals(path: str, operation: dict[str, Any]) -> Iterator[str]:
    yield from ("401", "403", "503")
    if operation.get("requestBody"):
        yield from ("400", "413")
    if "{" in path or 404 in operation["responses"]:
        yield "404"
    if operation.get("requestBody") or operation["parameters"] or 422 in operation["responses"]:
        yield "422"


def _refusal(status: str) -> dict[str, Any]:
    schema = {"$ref": _REF.format(model=Problem.__name__)}
    return {"description": _REFUSALS[status], "content": {"application/json": {"schema": schema}}}


def _without_definitions(schema: dict[str, Any]) -> dict[str, Any]:
    return {name: part for name, part in schema.items() if name != "$defs"}


def _check(root: Any, place: str) -> None:
    """Raises Refused for the first value inside that PostgreSQL or the lake could not keep as it is."""
    waiting = [(root, place, 0)]
    while waiting:
        value, place, depth = waiting.pop()
        if isinstance(value, dict | list) and depth == DEEPEST:
            raise Refused(f"{place} is nested too deep; {DEEPEST} levels are allowed")
        if isinstance(value, dict):
            for name in value:
                _check_text(name, f"a name in {place}")
            waiting += [(part, f"{place}.{name}", depth + 1) for name, part in value.items()]
        elif isinstance(value, list):
            waiting += [(part, f"{place}.{index}", depth + 1) for index, part in enumerate(value)]
        elif isinstance(value, str):
            _check_text(value, place)
        elif isinstance(value, int | float) and not (math.isfinite(value) and abs(value) <= _LARGEST):
            raise Refused(f"{place} is a number too large to keep (or none); it goes up to {_LARGEST}")


def _check_text(text: str, place: str) -> None:
    if "\0" in text:
        raise Refused(f"{place} has a NUL character; leave it out")
    if not text.isascii() and any("\ud800" <= character <= "\udfff" for character in text):
        raise Refused(f"{place} has half a character (a lone surrogate); send whole characters in UTF-8")
