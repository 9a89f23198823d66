"""`/api/v1/rights`: requests of people about their data, exports, erasures."""

from __future__ import annotations

from datetime import date, datetime
from typing import Annotated, Any, Literal

from django.http import HttpRequest
from ninja import Field, Query, Router, Schema

from cordiale import clock
from cordiale.accounts.access import key_of
from cordiale.accounts.actions import audit
from cordiale.accounts.api import KeyAuth, Moment, Problem
from cordiale.customers.queries import get_customer
from cordiale.rights import access, actions, erasure, queries
from cordiale.rights.models import Request
from cordiale.ui import context

router = Router(tags=["rights"])
_LONGEST = 10_000
_REFUSALS: dict[int, Any] = {404: Problem, 422: Problem}
Kind = Literal["access", "portability", "correction", "erasure", "restriction", "objection"]


class RequestIn(Schema):
    """A request to enter; `received_at` defaults to now."""

    customer: Annotated[str, Field(max_length=254)]
    kind: Kind
    channel: Literal["email", "letter", "phone", "shop", "page"] = "page"
    note: Annotated[str, Field(max_length=_LONGEST)] = ""
    received_at: Moment | None = None


class RequestOut(Schema):
    """A line of the register; `due_on` is the last day to answer."""

    id: int
    kind: Kind
    customer_id: int
    state: Literal["open", "answered", "refused"]
    channel: str
    received_at: datetime
    due_on: date
    closed_at: datetime | None


class RequestList(Schema):
    """Some lines of the register."""

    requests: list[RequestOut]


class CloseIn(Schema):
    """`state` is answered or refused; a refusal needs its reason as `answer`."""

    state: Literal["answered", "refused"]
    answer: Annotated[str, Field(max_length=_LONGEST)] = ""


class ExportedPerson(Schema):
    """Whom it is about; `numbers` are all that were merged into one."""

    customer: int
    reference: str
    numbers: list[int]


class Controller(Schema):
    """Who holds the data."""

    name: str
    address: str


class ExportOut(Schema):
    """Everything held, part by part: lists of mappings or mappings, by the part's name."""

    about: ExportedPerson
    controller: Controller
    made_at: datetime
    scope: Literal["access", "portability"]
    parts: dict[str, Any]


class ErasureOut(Schema):
    """The proof: how many rows went in which part, and when the last file was clean."""

    proof: int
    customer_id: int
    numbers: list[int]
    rows: dict[str, int]
    lake_at: datetime | None
    scrubbed_at: datetime | None


@router.get("/requests", response=RequestList, auth=KeyAuth("rights.see"), summary="Requests, the most urgent first")
def list_requests(request: HttpRequest, is_open: bool = True) -> dict[str, list[Request]]:
    """At most 200."""
    return {"requests": list(queries.requests(is_open=is_open)[:200])}


@router.post(
    "/requests", response={200: RequestOut, **_REFUSALS}, auth=KeyAuth("rights.see"), summary="Enter a request"
)
def open_request(request: HttpRequest, said: RequestIn) -> Request:
    """Its clock runs from `received_at`."""
    now = context.present()
    return actions.open_request(
        get_customer(said.customer), said.kind, channel=said.channel, note=said.note,
        received_at=said.received_at or now, actor=key_of(request), now=now,
    )  # fmt: skip


@router.post(
    "/requests/{int:request_id}/close", response=RequestOut, auth=KeyAuth("rights.answer"), summary="Answer or refuse"
)
def close_request(request: HttpRequest, request_id: int, said: CloseIn) -> Request:
    """422 for a refusal without its reason, or a request that is closed already."""
    return actions.close_request(request_id, said.state, said.answer, actor=key_of(request), now=context.present())


@router.get("/export/{reference}", response=ExportOut, auth=KeyAuth("rights.answer"), summary="All we hold of a person")
def export(
    request: HttpRequest, reference: str, scope: Annotated[Literal["access", "portability"], Query()] = "access"
) -> dict[str, Any]:
    """`scope=portability` leaves out what we worked out ourselves. Audited."""
    customer = get_customer(reference)
    audit("customer", str(customer.pk), "export", key_of(request), {"format": "api", "scope": scope}, clock.now())
    return access.gather(customer, context.present(), scope)


@router.post("/erase/{reference}", response=ErasureOut, auth=KeyAuth("rights.erase"), summary="Erase a person for good")
def erase(request: HttpRequest, reference: str) -> dict[str, Any]:
    """Everywhere, at once; answers with the proof. Nothing can be brought back."""
    proof = erasure.erase(get_customer(reference), actor=key_of(request), reason="request", now=context.present())
    return {
        "proof": proof.pk, "customer_id": proof.customer_id, "numbers": proof.numbers, "rows": proof.rows,
        "lake_at": proof.lake_at, "scrubbed_at": proof.scrubbed_at,
    }  # fmt: skip
