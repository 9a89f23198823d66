"""`/api/v1/relations`: how customers belong together."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any, Literal

from django.http import HttpRequest
from ninja import Field, Query, Router, Schema

from cordiale.accounts.access import key_of
from cordiale.accounts.api import KeyAuth, Problem
from cordiale.customers.queries import get_customer
from cordiale.relations import actions, queries
from cordiale.relations.models import Relation
from cordiale.ui.context import present

router = Router(tags=["relations"], auth=KeyAuth("customers.see"))
KindName = Literal["household", "gave_to", "referred", "works_for", "parent_of", "other"]
_REFUSALS: dict[int, Any] = {404: Problem, 422: Problem}


class RelationIn(Schema):
    """`one` is in the relation to `other`: references, or our numbers."""

    kind: KindName
    one: str
    other: str
    source: Annotated[str, Field(min_length=1, max_length=80)] = "api"


class RelationOut(Schema):
    """A relation; `until` is empty while it stands."""

    id: int
    kind: str
    one: int
    other: int
    since: datetime
    until: datetime | None
    source: str


class RelationList(Schema):
    """The relations of one customer, those that stand first (at most 50), and everybody of the household."""

    household: list[int]
    relations: list[RelationOut]


@router.get("", response={200: RelationList, 404: Problem}, summary="Relations of a customer")
def list_relations(request: HttpRequest, customer: Annotated[str, Query(min_length=1)]) -> RelationList:
    """`customer` is a reference or our number."""
    found = get_customer(customer)
    rows = [
        RelationOut(
            id=one.id, kind=one.kind, one=found.pk if one.is_forward else one.customer.pk,
            other=one.customer.pk if one.is_forward else found.pk, since=one.since, until=one.until, source=one.source,
        )
        for one in queries.relations(found.pk)
    ]  # fmt: skip
    return RelationList(household=queries.household(found.pk), relations=rows)


@router.post(
    "", auth=KeyAuth("customers.edit"), response={200: RelationOut, **_REFUSALS}, summary="Say how two belong together",
    openapi_extra={"x-repeatable": True},
)  # fmt: skip
def relate(request: HttpRequest, body: RelationIn) -> RelationOut:
    """What stands already stays as it is."""
    one, other = get_customer(body.one), get_customer(body.other)
    relation = actions.relate(body.kind, one.pk, other.pk, source=body.source, actor=key_of(request), now=present())
    return _out(relation)


@router.post(
    "/{relation_id}/end", auth=KeyAuth("customers.edit"), response={200: RelationOut, **_REFUSALS},
    summary="Say that it is over",
)  # fmt: skip
def end(request: HttpRequest, relation_id: int) -> RelationOut:
    """It stays in the history."""
    return _out(actions.end(relation_id, actor=key_of(request), now=present()))


def _out(one: Relation) -> RelationOut:
    return RelationOut(
        id=one.pk, kind=one.kind, one=one.one_id, other=one.other_id, since=one.since, until=one.until,
        source=one.source,
    )  # fmt: skip
