"""`/api/v1/segments`: list, count, members, explain."""

from __future__ import annotations

from dataclasses import asdict
from datetime import date, datetime
from decimal import Decimal
from typing import Annotated, Any, Literal

from django.http import HttpRequest
from ninja import Field, Query, Router, Schema

from cordiale.accounts.api import KeyAuth, Problem
from cordiale.customers.models import Customer
from cordiale.customers.queries import get_customer
from cordiale.insight.actions import ensure_snapshot
from cordiale.segments import queries
from cordiale.segments.models import Segment
from cordiale.ui import context

router = Router(tags=["segments"], auth=KeyAuth("segments.see"))
_MOST = 1_000
_LAST_PAGE = 100_000
_LONGEST = 10_000
Shown = str | int | float | bool | Decimal | datetime | date | None


class Condition(Schema):
    """An expression in the language of segments."""

    expression: Annotated[str, Field(min_length=1, max_length=_LONGEST)]


class SegmentOut(Schema):
    """A segment; `title` by language, `size` and `evaluated_at` null until it was evaluated."""

    name: str
    title: dict[str, str]
    expression: str
    revision: int
    size: int | None
    evaluated_at: datetime | None


class SegmentList(Schema):
    """All segments by name, at most 1 000."""

    segments: list[SegmentOut]


class CountOut(Schema):
    """For how many of all customers an expression holds, and the seconds that counting took."""

    matching: int
    of: int
    seconds: float


class MemberOut(Schema):
    """A customer's number and reference."""

    id: int
    reference: str


class MemberList(Schema):
    """One page of members, and how many there are."""

    total: int
    page: int
    members: list[MemberOut]


class RuleOut(Schema):
    """One condition (`rule`) or what joins some: whether it holds, and the values it looked at as they are written.

    `line` and `column` count from 1; `depth` is how deep it is nested."""

    text: str
    line: int
    column: int
    depth: int
    shape: Literal["every", "some", "not", "rule"]
    held: bool
    values: dict[str, Shown]


class SegmentExplained(Schema):
    """Whether the whole holds, and each rule, the whole first."""

    held: bool
    rules: list[RuleOut]


@router.get("", response=SegmentList, summary="All segments")
def list_segments(request: HttpRequest) -> dict[str, Any]:
    """Each with its expression and how many were in it when last evaluated."""
    columns = ("name", "title", "expression", "revision", "size", "evaluated_at")
    return {"segments": list(Segment.objects.order_by("name").values(*columns)[:_MOST])}


@router.post(
    "/count", response={200: CountOut, 422: Problem}, openapi_extra={"x-repeatable": True},
    summary="Count whom an expression holds for",
)  # fmt: skip
def count(request: HttpRequest, condition: Condition) -> dict[str, Any]:
    """Nothing is saved. 422 with line and column for a wrong expression."""
    return asdict(queries.count(condition.expression, _with_traits(condition.expression)))


@router.get("/{name}/members", response={200: MemberList, 404: Problem}, summary="Who is in a segment")
def members(
    request: HttpRequest,
    name: str,
    page: Annotated[int, Query(ge=1, le=_LAST_PAGE)] = 1,
    limit: Annotated[int, Query(ge=1, le=_MOST)] = 50,
) -> dict[str, Any]:
    """One page of members by customer number, evaluated now. 404 for an unknown segment."""
    text = queries.get_segment(name).expression
    found = queries.members_of(text, _with_traits(text), limit=limit, offset=(page - 1) * limit)
    references = dict(Customer.objects.filter(pk__in=found.customer_ids).values_list("pk", "reference"))
    return {
        "total": found.total,
        "page": page,
        "members": [{"id": one, "reference": references[one]} for one in found.customer_ids if one in references],
    }


@router.get(
    "/{name}/explain/{reference}", response={200: SegmentExplained, 404: Problem},
    summary="Why one customer is in a segment or not, rule by rule",
)  # fmt: skip
def explain(request: HttpRequest, name: str, reference: str) -> dict[str, Any]:
    """Each rule with its place, whether it holds, and this customer's values."""
    customer, text = get_customer(reference), queries.get_segment(name).expression
    results = queries.explain(text, customer.pk, _with_traits(text))
    return {"held": results[0].held, "rules": [asdict(one) for one in results]}


def _with_traits(text: str) -> datetime:
    """The instant to evaluate `text` at, once it is known to be right and the day's traits are there."""
    queries.parse(text)
    now = context.present()
    ensure_snapshot(now)
    return now
