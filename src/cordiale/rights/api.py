"""`/api/v1/rights`: requests of people about their data, exports, erasures."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

from django.http import HttpRequest
from ninja import Router, Schema

from cordiale import clock
from cordiale.accounts.actions import audit
from cordiale.accounts.api import KeyAuth
from cordiale.customers.queries import get_customer
from cordiale.rights import access, actions, erasure, queries
from cordiale.rights.models import Request
from cordiale.ui import context

router = Router(tags=["rights"])


class RequestIn(Schema):
    """A request to enter; `received_at` defaults to now."""

    customer: str
    kind: str
    channel: str = "page"
    note: str = ""
    received_at: datetime | None = None


class RequestOut(Schema):
    """A line of the register; `due_on` is the last day to answer."""

    id: int
    kind: str
    customer_id: int
    state: str
    channel: str
    received_at: datetime
    due_on: date
    closed_at: datetime | None


class RequestList(Schema):
    """Some lines of the register."""

    requests: list[RequestOut]


class CloseIn(Schema):
    """`state` is answered or refused; a refusal needs its reason as `answer`."""

    state: str
    answer: str = ""


class ExportOut(Schema):
    """Everything held, part by part."""

    about: dict[str, Any]
    controller: dict[str, Any]
    made_at: datetime
    scope: str
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


@router.post("/requests", response=RequestOut, auth=KeyAuth("rights.see"), summary="Enter a request")
def open_request(request: HttpRequest, said: RequestIn) -> Request:
    """Its clock runs from `received_at`."""
    now = context.present()
    return actions.open_request(
        get_customer(said.customer), said.kind, channel=said.channel, note=said.note,
        received_at=said.received_at or now, actor=_actor(request), now=now,
    )  # fmt: skip


@router.post(
    "/requests/{int:request_id}/close", response=RequestOut, auth=KeyAuth("rights.answer"), summary="Answer or refuse"
)
def close_request(request: HttpRequest, request_id: int, said: CloseIn) -> Request:
    """422 for a refusal without its reason, or a request that is closed already."""
    return actions.close_request(request_id, said.state, said.answer, actor=_actor(request), now=context.present())


@router.get("/export/{reference}", response=ExportOut, auth=KeyAuth("rights.answer"), summary="All we hold of a person")
def export(request: HttpRequest, reference: str, scope: str = access.ACCESS) -> dict[str, Any]:
    """`scope=portability` leaves out what we worked out ourselves. Audited."""
    customer = get_customer(reference)
    audit("customer", str(customer.pk), "export", _actor(request), {"format": "api", "scope": scope}, clock.now())
    return access.gather(customer, context.present(), scope)


@router.post("/erase/{reference}", response=ErasureOut, auth=KeyAuth("rights.erase"), summary="Erase a person for good")
def erase(request: HttpRequest, reference: str) -> dict[str, Any]:
    """Everywhere, at once; answers with the proof. Nothing can be brought back."""
    proof = erasure.erase(get_customer(reference), actor=_actor(request), reason="request", now=context.present())
    return {
        "proof": proof.pk, "customer_id": proof.customer_id, "numbers": proof.numbers, "rows": proof.rows,
        "lake_at": proof.lake_at, "scrubbed_at": proof.scrubbed_at,
    }  # fmt: skip


def _actor(request: HttpRequest) -> str:
    return f"key {getattr(request, 'auth', '')}"
