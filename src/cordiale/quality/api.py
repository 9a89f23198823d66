"""`/api/v1/quality`: how healthy the base is; bounces, returned letters and wrong numbers."""

from __future__ import annotations

from datetime import date
from typing import Any

from django.http import HttpRequest
from ninja import Field, Router, Schema

from cordiale.accounts.access import key_of
from cordiale.accounts.api import KeyAuth, Problem
from cordiale.errors import NotFound
from cordiale.quality import actions, queries
from cordiale.ui import context

router = Router(tags=["quality"])


class MeasureOut(Schema):
    """How many customers a measure counts, out of how many it looks at."""

    name: str
    kind: str
    definition: str
    count: int
    among: int
    share: float | None


class BoardOut(Schema):
    """The newest measured day."""

    day: date
    customers: int
    duplicates: int
    measures: list[MeasureOut]


class InvalidContact(Schema):
    """An address that does not work: itself, or the reference of the customer who has it."""

    channel: str
    address: str = ""
    customer: str = ""


class InvalidContacts(Schema):
    """At most 1 000 at a time."""

    contacts: list[InvalidContact] = Field(max_length=1_000)


class ItemError(Schema):
    """What was wrong with the item at a place (from 0)."""

    index: int
    reason: str


class MarkedOut(Schema):
    """How many were new on the list, known already, or refused and why."""

    marked: int
    known: int
    errors: list[ItemError]


@router.get("", response={200: BoardOut, 404: Problem}, auth=KeyAuth("quality.see"), summary="The quality board")
def board(request: HttpRequest) -> dict[str, Any]:
    """404 before the first measurement."""
    found = queries.board(context.present())
    if found is None:
        raise NotFound("the base was not measured yet; it is each night, or by 'quality report'")
    lines = [
        {
            "name": one.measure.name, "kind": one.measure.kind, "definition": str(one.measure.definition),
            "count": one.count, "among": one.among, "share": one.share,
        }
        for one in found.lines
    ]  # fmt: skip
    measurement = found.measurement
    return {
        "day": measurement.day,
        "customers": measurement.customers,
        "duplicates": found.duplicates,
        "measures": lines,
    }


@router.post(
    "/invalid-contacts", response=MarkedOut, auth=KeyAuth("quality.edit"), summary="Addresses that do not work",
    openapi_extra={"x-repeatable": True},
)  # fmt: skip
def invalid_contacts(request: HttpRequest, said: InvalidContacts) -> dict[str, Any]:
    """Nothing is sent to them any more. Good items are kept whatever the others are."""
    rows = [one.dict() for one in said.contacts]
    taken = actions.mark_invalid(rows, actor=key_of(request), now=context.present())
    errors = [{"index": place, "reason": reason} for place, reason in taken.errors]
    return {"marked": taken.marked, "known": taken.known, "errors": errors}
