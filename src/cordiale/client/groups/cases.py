"""The operations of `cases` and their shapes.

Written by `config.client_source` from the OpenAPI description; do not edit.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Literal

from cordiale.client.connection import Connection, Instant, Shape, part


class CaseList(Shape, frozen=True, kw_only=True):
    """One page of cases and how many there are."""

    total: int
    page: int
    cases: list[CaseOut]


class CaseOut(Shape, frozen=True, kw_only=True):
    """A case without its thread. `customer` is the reference, empty once the person was erased."""

    number: int
    customer: str
    channel: str
    subject: str
    category: str
    state: Literal["open", "waiting", "resolved"]
    priority: int
    handler: str
    opened_at: Instant
    waiting_since: Instant | None
    first_answer_at: Instant | None
    resolved_at: Instant | None
    satisfaction: int | None
    source: str


class CaseFull(Shape, frozen=True, kw_only=True):
    """A case with everything said in it."""

    number: int
    customer: str
    channel: str
    subject: str
    category: str
    state: Literal["open", "waiting", "resolved"]
    priority: int
    handler: str
    opened_at: Instant
    waiting_since: Instant | None
    first_answer_at: Instant | None
    resolved_at: Instant | None
    satisfaction: int | None
    source: str
    text: str
    satisfaction_comment: str
    notes: list[NoteOut]


class NoteOut(Shape, frozen=True, kw_only=True):
    """Something said in a case."""

    kind: str
    author: str
    at: Instant
    text: str


class CaseIn(Shape, frozen=True, kw_only=True):
    """What is asked. `customer` is a reference or our number."""

    customer: str
    channel: Literal["phone", "email", "store", "web", "chat", "social", "letter"]
    subject: str
    text: str = ""
    category: str = "other"
    priority: int = 2
    opened_at: Instant | None = None


class NoteIn(Shape, frozen=True, kw_only=True):
    """What is said: `internal` among staff, `answer` by us, `reply` by the customer."""

    text: str
    kind: Literal["internal", "answer", "reply"] = "internal"


class ResolveIn(Shape, frozen=True, kw_only=True):
    """The last answer, where there is one."""

    text: str = ""


class RatingIn(Shape, frozen=True, kw_only=True):
    """Satisfaction, 5 is best."""

    score: int
    comment: str = ""


class Cases:
    """`client.cases`."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def list_cases(
        self,
        *,
        tab: Literal["all", "unassigned", "resolved"] = "all",
        customer: str = "",
        category: str = "",
        page: int = 1,
        limit: int = 50,
    ) -> CaseList:
        """Cases, who waits longest first. `all` are those not resolved. `customer` is a reference or our number."""
        return self._connection.call(
            "GET",
            "/api/v1/cases",
            CaseList,
            query={"tab": tab, "customer": customer, "category": category, "page": page, "limit": limit},
            is_repeatable=True,
        )

    def every_case(
        self,
        *,
        tab: Literal["all", "unassigned", "resolved"] = "all",
        customer: str = "",
        category: str = "",
        limit: int = 50,
    ) -> Iterator[CaseOut]:
        """All that `list_cases` answers, page after page."""
        page = 1
        while rows := self.list_cases(tab=tab, customer=customer, category=category, page=page, limit=limit).cases:
            yield from rows
            page += 1

    def create(
        self,
        customer: str,
        channel: Literal["phone", "email", "store", "web", "chat", "social", "letter"],
        subject: str,
        *,
        text: str = "",
        category: str = "other",
        priority: int = 2,
        opened_at: Instant | None = None,
    ) -> CaseFull:
        """Open a case. 422 for an unknown channel or category, 404 for an unknown customer."""
        return self._connection.call(
            "POST",
            "/api/v1/cases",
            CaseFull,
            body=CaseIn(
                customer=customer,
                channel=channel,
                subject=subject,
                text=text,
                category=category,
                priority=priority,
                opened_at=opened_at,
            ),
        )

    def get(self, number: int) -> CaseFull:
        """One case with its thread. 404 for a number that is none."""
        return self._connection.call("GET", f"/api/v1/cases/{part(number)}", CaseFull, is_repeatable=True)

    def write(self, number: int, text: str, *, kind: Literal["internal", "answer", "reply"] = "internal") -> CaseFull:
        """Write in a case. The case as it then is. 422 for an answer in a resolved case."""
        return self._connection.call(
            "POST", f"/api/v1/cases/{part(number)}/notes", CaseFull, body=NoteIn(text=text, kind=kind)
        )

    def resolve(self, number: int, *, text: str = "") -> CaseFull:
        """Resolve a case. 422 when it is resolved already."""
        return self._connection.call(
            "POST", f"/api/v1/cases/{part(number)}/resolve", CaseFull, body=ResolveIn(text=text)
        )

    def rate(self, number: int, score: int, *, comment: str = "") -> CaseFull:
        """Rate a case. A later rating takes the place of the one before."""
        return self._connection.call(
            "POST",
            f"/api/v1/cases/{part(number)}/rating",
            CaseFull,
            body=RatingIn(score=score, comment=comment),
            is_repeatable=True,
        )
