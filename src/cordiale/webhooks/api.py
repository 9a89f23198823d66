"""`/api/v1/webhooks`: who is told when something changes, and what was given up."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any, Literal

from django.http import HttpRequest
from ninja import Field, Query, Router, Schema, Status

from cordiale import clock
from cordiale.accounts.access import key_of
from cordiale.accounts.api import KeyAuth, Problem
from cordiale.ui.context import present
from cordiale.webhooks import actions, queries

router = Router(tags=["webhooks"], auth=KeyAuth("sources.see"))
_EDIT = KeyAuth("sources.edit")
_MOST = 200
_REFUSALS: dict[int, Any] = {404: Problem, 422: Problem}
Event = Literal["customers.changed", "consents.changed", "programme.started", "programme.paused", "programme.applied"]
State = Literal["waiting", "delivered", "dead"]


class WebhookIn(Schema):
    """Where to tell, and what."""

    name: Annotated[str, Field(min_length=1, max_length=30)]
    url: Annotated[str, Field(min_length=1, max_length=500)]
    events: Annotated[list[Event], Field(min_length=1, max_length=20)]


class WebhookOut(Schema):
    """A webhook. `…_24h` count the last 24 hours (`failed`: attempts); `waiting` and `dead` are of the present."""

    name: str
    url: str
    events: list[str]
    is_active: bool
    disabled_reason: str
    created_at: datetime
    last_delivery_at: datetime | None
    delivered_24h: int
    failed_24h: int
    waiting: int
    dead: int


class WebhookAdded(WebhookOut):
    """A new webhook with its signing secret, told this once."""

    secret: str


class DeliveryOut(Schema):
    """A message for a webhook. `status` (0: no answer) and `reason` are of the last attempt."""

    number: int
    webhook_id: str
    type: str
    at: datetime
    state: State
    attempts: int
    status: int | None
    reason: str
    next_at: datetime | None
    delivered_at: datetime | None


class DeliveryList(Schema):
    """A page of deliveries, newest first, and how many there are."""

    total: int
    page: int
    deliveries: list[DeliveryOut]


class Again(Schema):
    """How many deliveries are sent again."""

    again: int


@router.get("", response=list[WebhookOut], summary="All webhooks")
def list_webhooks(request: HttpRequest) -> list[dict[str, Any]]:
    """By name."""
    return [row.as_json() for row in queries.list_rows(present())]


@router.post("", response={201: WebhookAdded, 422: Problem}, auth=_EDIT, summary="Add a webhook")
def create(request: HttpRequest, given: WebhookIn) -> Status[Any]:
    """Its address is told from now on. The answer holds the signing secret, which is never told again."""
    added = actions.add(given.name, given.url, given.events, actor=key_of(request), now=present())
    return Status(201, {**queries.row_of(added.endpoint, present()).as_json(), "secret": added.secret})


@router.get("/{name}", response={200: WebhookOut, 404: Problem}, summary="One webhook")
def get(request: HttpRequest, name: str) -> dict[str, Any]:
    """404 for a name that is none."""
    return queries.row_of(actions.get_endpoint(name), present()).as_json()


@router.delete("/{name}", response={204: None, 404: Problem}, auth=_EDIT, summary="Remove a webhook")
def remove(request: HttpRequest, name: str) -> Status[None]:
    """It is told nothing any more; what it was told is forgotten."""
    actions.remove(name, actor=key_of(request), now=present())
    return Status(204, None)


@router.post("/{name}/test", response={200: DeliveryOut, **_REFUSALS}, auth=_EDIT, summary="Send a test message")
def send_test(request: HttpRequest, name: str) -> dict[str, Any]:
    """Sent at once; the delivery says what became of it."""
    delivery = actions.test(name, actor=key_of(request), now=clock.now())
    return queries.delivery_as_json(queries.list_deliveries(delivery.endpoint).get(pk=delivery.pk))


@router.post("/{name}/enable", response={200: WebhookOut, 404: Problem}, auth=_EDIT, summary="Switch it on again")
def enable(request: HttpRequest, name: str) -> dict[str, Any]:
    """After it answered 410, gone."""
    return queries.row_of(actions.enable(name, actor=key_of(request), now=present()), present()).as_json()


@router.get("/{name}/deliveries", response={200: DeliveryList, 404: Problem}, summary="What a webhook was told")
def list_deliveries(
    request: HttpRequest,
    name: str,
    state: Annotated[State | None, Query()] = None,
    page: Annotated[int, Query(ge=1, le=10_000)] = 1,
    limit: Annotated[int, Query(ge=1, le=_MOST)] = 50,
) -> dict[str, Any]:
    """`dead` are those given up."""
    found = queries.list_deliveries(actions.get_endpoint(name), state or "")
    rows = found[(page - 1) * limit : page * limit]
    return {"total": found.count(), "page": page, "deliveries": [queries.delivery_as_json(one) for one in rows]}


@router.post(
    "/{name}/retry", response={200: Again, **_REFUSALS}, auth=_EDIT, summary="Send again all that was given up"
)
def retry(request: HttpRequest, name: str) -> dict[str, int]:
    """422 while the webhook is switched off."""
    return {"again": actions.send_again(actions.get_endpoint(name), None, actor=key_of(request), now=clock.now())}


@router.post(
    "/{name}/deliveries/{number}/retry",
    response={200: Again, **_REFUSALS},
    auth=_EDIT,
    summary="Send one delivery again",
)
def retry_one(request: HttpRequest, name: str, number: int) -> dict[str, int]:
    """404 where it was not given up."""
    return {"again": actions.send_again(actions.get_endpoint(name), number, actor=key_of(request), now=clock.now())}
