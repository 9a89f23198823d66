"""The operations of `rights` and their shapes.

Written by `config.client_source` from the OpenAPI description; do not edit.
"""

from __future__ import annotations

from datetime import date
from typing import Any, Literal

from cordiale.client.connection import Connection, Instant, Shape, part


class RequestList(Shape, frozen=True, kw_only=True):
    """Some lines of the register."""

    requests: list[RequestOut]


class RequestOut(Shape, frozen=True, kw_only=True):
    """A line of the register; `due_on` is the last day to answer."""

    id: int
    kind: Literal["access", "portability", "correction", "erasure", "restriction", "objection"]
    customer_id: int
    state: Literal["open", "answered", "refused"]
    channel: str
    received_at: Instant
    due_on: date
    closed_at: Instant | None


class RequestIn(Shape, frozen=True, kw_only=True):
    """A request to enter; `received_at` defaults to now."""

    customer: str
    kind: Literal["access", "portability", "correction", "erasure", "restriction", "objection"]
    channel: Literal["email", "letter", "phone", "shop", "page"] = "page"
    note: str = ""
    received_at: Instant | None = None


class CloseIn(Shape, frozen=True, kw_only=True):
    """`state` is answered or refused; a refusal needs its reason as `answer`."""

    state: Literal["answered", "refused"]
    answer: str = ""


class Controller(Shape, frozen=True, kw_only=True):
    """Who holds the data."""

    name: str
    address: str


class ExportOut(Shape, frozen=True, kw_only=True):
    """Everything held, part by part: lists of mappings or mappings, by the part's name."""

    about: ExportedPerson
    controller: Controller
    made_at: Instant
    scope: Literal["access", "portability"]
    parts: dict[str, Any]


class ExportedPerson(Shape, frozen=True, kw_only=True):
    """Whom it is about; `numbers` are all that were merged into one."""

    customer: int
    reference: str
    numbers: list[int]


class ErasureOut(Shape, frozen=True, kw_only=True):
    """The proof: how many rows went in which part, and when the last file was clean."""

    proof: int
    customer_id: int
    numbers: list[int]
    rows: dict[str, int]
    lake_at: Instant | None
    scrubbed_at: Instant | None


class Rights:
    """`client.rights`."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def list_requests(self, *, is_open: bool = True) -> RequestList:
        """Requests, the most urgent first. At most 200."""
        return self._connection.call(
            "GET", "/api/v1/rights/requests", RequestList, query={"is_open": is_open}, is_repeatable=True
        )

    def open_request(
        self,
        customer: str,
        kind: Literal["access", "portability", "correction", "erasure", "restriction", "objection"],
        *,
        channel: Literal["email", "letter", "phone", "shop", "page"] = "page",
        note: str = "",
        received_at: Instant | None = None,
    ) -> RequestOut:
        """Enter a request. Its clock runs from `received_at`."""
        return self._connection.call(
            "POST",
            "/api/v1/rights/requests",
            RequestOut,
            body=RequestIn(customer=customer, kind=kind, channel=channel, note=note, received_at=received_at),
        )

    def close_request(self, request_id: int, state: Literal["answered", "refused"], *, answer: str = "") -> RequestOut:
        """Answer or refuse. 422 for a refusal without its reason, or a request that is closed already."""
        return self._connection.call(
            "POST",
            f"/api/v1/rights/requests/{part(request_id)}/close",
            RequestOut,
            body=CloseIn(state=state, answer=answer),
        )

    def export(self, reference: str, *, scope: Literal["access", "portability"] = "access") -> ExportOut:
        """All we hold of a person. `scope=portability` leaves out what we worked out ourselves. Audited."""
        return self._connection.call(
            "GET", f"/api/v1/rights/export/{part(reference)}", ExportOut, query={"scope": scope}, is_repeatable=True
        )

    def erase(self, reference: str) -> ErasureOut:
        """Erase a person for good. Everywhere, at once; answers with the proof. Nothing can be brought back."""
        return self._connection.call("POST", f"/api/v1/rights/erase/{part(reference)}", ErasureOut)
