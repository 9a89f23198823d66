"""Writing customers over HTTP: tell, correct, merge, undo. One router with `customers.api`, which reads them."""

from __future__ import annotations

from datetime import date, datetime
from typing import Annotated, Any, Literal

from django.http import HttpRequest
from ninja import Field, Schema

from cordiale import clock
from cordiale.accounts.access import key_of
from cordiale.accounts.api import KeyAuth, Moment, Problem
from cordiale.customers import actions as customers
from cordiale.customers.api import router
from cordiale.customers.queries import get_customer
from cordiale.errors import CordialeError
from cordiale.identity import actions
from cordiale.identity.models import Merge
from cordiale.identity.queries import survivors
from cordiale.identity.rules.telling import Told
from cordiale.ui.context import present

__all__ = ["router"]

MOST_ROWS = 1_000
Value = str | int | float | bool | date | None
_REFUSALS: dict[int, Any] = {404: Problem, 422: Problem}


class Identifiers(Schema):
    """What the person is recognised by, the strongest first; at least one."""

    reference: Annotated[str, Field(max_length=254)] | None = None
    card: Annotated[str, Field(max_length=254)] | None = None
    email: Annotated[str, Field(max_length=254)] | None = None
    phone: Annotated[str, Field(max_length=64)] | None = None
    anonymous: Annotated[str, Field(max_length=254)] | None = None


class ToldIn(Schema):
    """What a source says of one person. `at` is when it was so (default: now); `values` are by field name."""

    identifiers: Identifiers
    values: Annotated[dict[str, Value], Field(default_factory=dict)]
    at: Moment | None = None
    certainty: Annotated[float, Field(ge=0, le=1)] = 1.0
    standing: Literal["fill", "normal", "own"] = "normal"


class ToldMany(Schema):
    """Up to 1 000 people told by one source."""

    source: Annotated[str, Field(min_length=1, max_length=80)]
    customers: Annotated[list[ToldIn], Field(min_length=1, max_length=MOST_ROWS)]


class ToldOut(Schema):
    """What became of one row: the customer it is about, or why it was not taken."""

    id: int | None
    error: str = ""


class ToldManyOut(Schema):
    """One answer a row, in order. Rows with an error changed nothing; the others are kept."""

    taken: int
    refused: int
    customers: list[ToldOut]


class Corrected(Schema):
    """The person's own word: counts before whatever sources say. An empty value says that there is none."""

    values: dict[str, Value]
    source: Annotated[str, Field(min_length=1, max_length=80)] = "correction"


class CorrectedOut(Schema):
    """The fields that changed."""

    id: int
    changed: list[str]


class MergeIn(Schema):
    """Who is the same person (a reference or our number), and why."""

    merged: str
    reason: Annotated[str, Field(max_length=200)] = ""


class MergeOut(Schema):
    """A merge; `undone_at` once it was taken back."""

    id: int
    survivor: int
    merged: int
    at: datetime
    reason: str
    undone_at: datetime | None


@router.post(
    "", auth=KeyAuth("customers.edit"), response={200: ToldManyOut, 422: Problem}, summary="Tell about customers",
    openapi_extra={"x-repeatable": True},
)  # fmt: skip
def tell(request: HttpRequest, body: ToldMany) -> ToldManyOut:
    """Recognises each person or creates them. Good rows are kept beside bad ones."""
    now = clock.now()
    told: list[Told | str] = [_told(one, body.source, now) for one in body.customers]
    answers = _tell(told, now)
    seen = survivors([one for one in answers if isinstance(one, int)])
    rows = [ToldOut(id=seen[one]) if isinstance(one, int) else ToldOut(id=None, error=one) for one in answers]
    refused = sum(bool(row.error) for row in rows)
    return ToldManyOut(taken=len(rows) - refused, refused=refused, customers=rows)


@router.patch(
    "/{reference}", auth=KeyAuth("customers.edit"), response={200: CorrectedOut, **_REFUSALS}, summary="Correct values",
    openapi_extra={"x-repeatable": True},
)  # fmt: skip
def correct(request: HttpRequest, reference: str, body: Corrected) -> CorrectedOut:
    """What the person says is right, by field name. 404 for an unknown reference."""
    customer = get_customer(reference)
    changed = customers.correct(customer.pk, body.values, clock.now(), source=body.source)
    return CorrectedOut(id=customer.pk, changed=changed)


@router.post(
    "/{reference}/merge", auth=KeyAuth("customers.merge"), response={200: MergeOut, **_REFUSALS}, summary="Merge two"
)
def merge(request: HttpRequest, reference: str, body: MergeIn) -> MergeOut:
    """Merge `merged` into the customer of the address; it can be undone."""
    one, other = get_customer(reference), get_customer(body.merged)
    made = actions.merge(one.pk, other.pk, actor=key_of(request), reason=body.reason, now=present())
    return _merge(made)


@router.post(
    "/{number}/unmerge", auth=KeyAuth("customers.merge"), response={200: MergeOut, **_REFUSALS}, summary="Undo a merge"
)
def unmerge(request: HttpRequest, number: int) -> MergeOut:
    """Take the merge of customer `number` (the merged one) back: both are as they were."""
    return _merge(actions.unmerge(number, actor=key_of(request), now=present()))


def _told(one: ToldIn, source: str, now: datetime) -> Told | str:
    try:
        return Told(
            identifiers=one.identifiers.dict(exclude_none=True), values=one.values, source=source, at=one.at or now,
            certainty=one.certainty, standing=one.standing,
        )  # fmt: skip
    except CordialeError as error:
        return str(error)


def _tell(told: list[Told | str], now: datetime) -> list[int | str]:
    """The number of each row's customer, or what is wrong with it. All at once; halved where something is wrong."""
    rows = [one for one in told if isinstance(one, Told)]
    answers = iter(_attempt(rows, now))
    return [next(answers) if isinstance(one, Told) else one for one in told]


def _attempt(rows: list[Told], now: datetime) -> list[int | str]:
    if not rows:
        return []
    try:
        return list(actions.tell(rows, now))
    except CordialeError as error:
        if len(rows) == 1:
            return [str(error).removeprefix("row 1: ")]
    middle = len(rows) // 2
    return [*_attempt(rows[:middle], now), *_attempt(rows[middle:], now)]


def _merge(one: Merge) -> MergeOut:
    return MergeOut(
        id=one.pk, survivor=one.survivor_id, merged=one.merged_id, at=one.at, reason=one.reason,
        undone_at=one.undone_at,
    )  # fmt: skip
