"""`/api/v1/cases`: open a case, read it, write in it, resolve and rate it."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any, Literal

from django.http import HttpRequest
from ninja import Field, Query, Router, Schema, Status

from cordiale.accounts.access import key_of
from cordiale.accounts.api import KeyAuth, Moment, Problem
from cordiale.cases import actions, queries
from cordiale.cases.models import Case
from cordiale.cases.rules import SUBJECT_CHARACTERS, TEXT_CHARACTERS, Opening
from cordiale.customers.queries import get_customer
from cordiale.errors import Refused
from cordiale.ui.context import present

router = Router(tags=["cases"], auth=KeyAuth("cases.see"))
_MOST = 200
Text = Annotated[str, Field(min_length=1, max_length=TEXT_CHARACTERS)]


class CaseIn(Schema):
    """What is asked. `customer` is a reference or our number."""

    customer: str
    channel: Literal["phone", "email", "store", "web", "chat", "social", "letter"]
    subject: Annotated[str, Field(min_length=1, max_length=SUBJECT_CHARACTERS)]
    text: Annotated[str, Field(max_length=TEXT_CHARACTERS)] = ""
    category: str = "other"
    priority: Annotated[int, Field(ge=1, le=3)] = 2
    opened_at: Moment | None = None


class NoteIn(Schema):
    """What is said: `internal` among staff, `answer` by us, `reply` by the customer."""

    text: Text
    kind: Literal["internal", "answer", "reply"] = "internal"


class ResolveIn(Schema):
    """The last answer, where there is one."""

    text: Annotated[str, Field(max_length=TEXT_CHARACTERS)] = ""


class RatingIn(Schema):
    """Satisfaction, 5 is best."""

    score: Annotated[int, Field(ge=1, le=5)]
    comment: Annotated[str, Field(max_length=TEXT_CHARACTERS)] = ""


class NoteOut(Schema):
    """Something said in a case."""

    kind: str
    author: str
    at: datetime
    text: str


class CaseOut(Schema):
    """A case without its thread. `customer` is the reference, empty once the person was erased."""

    number: int
    customer: str
    channel: str
    subject: str
    category: str
    state: Literal["open", "waiting", "resolved"]
    priority: int
    handler: str
    opened_at: datetime
    waiting_since: datetime | None
    first_answer_at: datetime | None
    resolved_at: datetime | None
    satisfaction: int | None
    source: str


class CaseFull(CaseOut):
    """A case with everything said in it."""

    text: str
    satisfaction_comment: str
    notes: list[NoteOut]


class CaseList(Schema):
    """One page of cases and how many there are."""

    total: int
    page: int
    cases: list[CaseOut]


_REFUSALS: dict[int, Any] = {404: Problem, 422: Problem}


@router.get("", response={200: CaseList, 404: Problem}, summary="Cases, who waits longest first")
def list_cases(
    request: HttpRequest,
    tab: Annotated[Literal["all", "unassigned", "resolved"], Query()] = "all",
    customer: Annotated[str, Query()] = "",
    category: Annotated[str, Query()] = "",
    page: Annotated[int, Query(ge=1, le=10_000)] = 1,
    limit: Annotated[int, Query(ge=1, le=_MOST)] = 50,
) -> dict[str, Any]:
    """`all` are those not resolved. `customer` is a reference or our number."""
    found = queries.inbox(queries.Filters(tab=tab, category=category))
    if customer:
        found = found.filter(customer=get_customer(customer))
    rows = found[(page - 1) * limit : page * limit]
    return {"total": found.count(), "page": page, "cases": [as_json(one) for one in rows]}


@router.post("", response={201: CaseFull, **_REFUSALS}, auth=KeyAuth("cases.edit"), summary="Open a case")
def create(request: HttpRequest, given: CaseIn) -> Status[Any]:
    """422 for an unknown channel or category, 404 for an unknown customer."""
    opening = Opening(
        customer_id=get_customer(given.customer).pk,
        source=key_of(request),
        **{name: getattr(given, name) for name in ("channel", "subject", "text", "category", "priority")},
    )
    now = present()
    if given.opened_at is not None and given.opened_at > now:
        raise Refused(f"opened_at lies in the future ({given.opened_at.isoformat()}); leave it out for the present")
    case = actions.open_case(opening, actor=key_of(request), now=given.opened_at or now)
    return Status(201, _full(case.pk))


@router.get("/{number}", response={200: CaseFull, 404: Problem}, summary="One case with its thread")
def get(request: HttpRequest, number: int) -> dict[str, Any]:
    """404 for a number that is none."""
    return _full(number)


@router.post(
    "/{number}/notes", response={201: CaseFull, **_REFUSALS}, auth=KeyAuth("cases.edit"), summary="Write in a case"
)
def write(request: HttpRequest, number: int, given: NoteIn) -> Status[Any]:
    """The case as it then is. 422 for an answer in a resolved case."""
    verb = {"internal": actions.note, "answer": actions.answer, "reply": actions.reply}[given.kind]
    verb(number, given.text, actor=key_of(request), now=present())
    return Status(201, _full(number))


@router.post(
    "/{number}/resolve", response={200: CaseFull, **_REFUSALS}, auth=KeyAuth("cases.edit"), summary="Resolve a case"
)
def resolve(request: HttpRequest, number: int, given: ResolveIn) -> dict[str, Any]:
    """422 when it is resolved already."""
    actions.resolve(number, given.text, actor=key_of(request), now=present())
    return _full(number)


@router.post(
    "/{number}/rating", response={200: CaseFull, **_REFUSALS}, auth=KeyAuth("cases.edit"), summary="Rate a case",
    openapi_extra={"x-repeatable": True},
)  # fmt: skip
def rate(request: HttpRequest, number: int, given: RatingIn) -> dict[str, Any]:
    """A later rating takes the place of the one before."""
    actions.rate(number, given.score, given.comment, actor=key_of(request), now=present())
    return _full(number)


def as_json(case: Case) -> dict[str, Any]:
    """A case without its thread, for the API and the command line."""
    names = ("channel", "subject", "category", "state", "priority", "opened_at", "waiting_since", "first_answer_at",
             "resolved_at", "satisfaction", "source")  # fmt: skip
    return {
        "number": case.pk,
        "customer": case.customer.reference if case.customer else "",
        "handler": case.handler.email if case.handler else "",
        **{name: getattr(case, name) for name in names},
    }


def _full(number: int) -> dict[str, Any]:
    case = queries.get_case(number)
    notes = case.notes.order_by("at", "id").values("kind", "author", "at", "text")
    return {
        **as_json(case), "text": case.text, "satisfaction_comment": case.satisfaction_comment, "notes": list(notes),
    }  # fmt: skip
