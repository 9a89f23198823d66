"""`/api/v1/segments`: list, count, members, explain."""

from __future__ import annotations

from dataclasses import asdict
from datetime import datetime
from typing import Annotated, Any

from django.http import HttpRequest
from ninja import Query, Router, Schema

from cordiale.accounts.api import KeyAuth
from cordiale.customers.models import Customer
from cordiale.customers.queries import get_customer
from cordiale.insight.actions import ensure_snapshot
from cordiale.segments import queries
from cordiale.segments.models import Segment
from cordiale.ui import context

router = Router(tags=["segments"], auth=KeyAuth("segments.see"))
_MOST = 1_000


class Condition(Schema):
    """An expression in the language of segments."""

    expression: str


@router.get("", summary="All segments")
def list_segments(request: HttpRequest) -> dict[str, Any]:
    """Each with its expression and how many were in it when last evaluated."""
    columns = ("name", "title", "expression", "revision", "size", "evaluated_at")
    return {"segments": list(Segment.objects.order_by("name").values(*columns)[:_MOST])}


@router.post("/count", summary="Count whom an expression holds for")
def count(request: HttpRequest, condition: Condition) -> dict[str, Any]:
    """Nothing is saved. 422 with line and column for a wrong expression."""
    return asdict(queries.count(condition.expression, _with_traits(condition.expression)))


@router.get("/{name}/members", summary="Who is in a segment")
def members(
    request: HttpRequest,
    name: str,
    page: Annotated[int, Query(ge=1)] = 1,
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


@router.get("/{name}/explain/{reference}", summary="Why one customer is in a segment or not, rule by rule")
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
