"""The operations of `webhooks` and their shapes.

Written by `config.client_source` from the OpenAPI description; do not edit.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Literal

from cordiale.client.connection import Connection, Instant, Shape, part


class WebhookOut(Shape, frozen=True, kw_only=True):
    """A webhook. `…_24h` count the last 24 hours (`failed`: attempts); `waiting` and `dead` are of the present."""

    name: str
    url: str
    events: list[str]
    is_active: bool
    disabled_reason: str
    created_at: Instant
    last_delivery_at: Instant | None
    delivered_24h: int
    failed_24h: int
    waiting: int
    dead: int


class WebhookAdded(Shape, frozen=True, kw_only=True):
    """A new webhook with its signing secret, told this once."""

    name: str
    url: str
    events: list[str]
    is_active: bool
    disabled_reason: str
    created_at: Instant
    last_delivery_at: Instant | None
    delivered_24h: int
    failed_24h: int
    waiting: int
    dead: int
    secret: str


class WebhookIn(Shape, frozen=True, kw_only=True):
    """Where to tell, and what."""

    name: str
    url: str
    events: list[
        Literal["customers.changed", "consents.changed", "programme.started", "programme.paused", "programme.applied"]
    ]


class DeliveryOut(Shape, frozen=True, kw_only=True):
    """A message for a webhook. `status` (0: no answer) and `reason` are of the last attempt."""

    number: int
    webhook_id: str
    type: str
    at: Instant
    state: Literal["waiting", "delivered", "dead"]
    attempts: int
    status: int | None
    reason: str
    next_at: Instant | None
    delivered_at: Instant | None


class DeliveryList(Shape, frozen=True, kw_only=True):
    """A page of deliveries, newest first, and how many there are."""

    total: int
    page: int
    deliveries: list[DeliveryOut]


class Again(Shape, frozen=True, kw_only=True):
    """How many deliveries are sent again."""

    again: int


class Webhooks:
    """`client.webhooks`."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def list_webhooks(self) -> list[WebhookOut]:
        """All webhooks. By name."""
        return self._connection.call("GET", "/api/v1/webhooks", list[WebhookOut], is_repeatable=True)

    def create(
        self,
        name: str,
        url: str,
        events: list[
            Literal[
                "customers.changed", "consents.changed", "programme.started", "programme.paused", "programme.applied"
            ]
        ],
    ) -> WebhookAdded:
        """Add a webhook. Its address is told from now on. The answer holds the signing secret, which is never told
        again.
        """
        return self._connection.call(
            "POST", "/api/v1/webhooks", WebhookAdded, body=WebhookIn(name=name, url=url, events=events)
        )

    def get(self, name: str) -> WebhookOut:
        """One webhook. 404 for a name that is none."""
        return self._connection.call("GET", f"/api/v1/webhooks/{part(name)}", WebhookOut, is_repeatable=True)

    def remove(self, name: str) -> None:
        """Remove a webhook. It is told nothing any more; what it was told is forgotten."""
        return self._connection.call("DELETE", f"/api/v1/webhooks/{part(name)}", type(None))

    def send_test(self, name: str) -> DeliveryOut:
        """Send a test message. Sent at once; the delivery says what became of it."""
        return self._connection.call("POST", f"/api/v1/webhooks/{part(name)}/test", DeliveryOut)

    def enable(self, name: str) -> WebhookOut:
        """Switch it on again. After it answered 410, gone."""
        return self._connection.call("POST", f"/api/v1/webhooks/{part(name)}/enable", WebhookOut)

    def list_deliveries(
        self, name: str, *, state: Literal["waiting", "delivered", "dead"] | None = None, page: int = 1, limit: int = 50
    ) -> DeliveryList:
        """What a webhook was told. `dead` are those given up."""
        return self._connection.call(
            "GET",
            f"/api/v1/webhooks/{part(name)}/deliveries",
            DeliveryList,
            query={"state": state, "page": page, "limit": limit},
            is_repeatable=True,
        )

    def every_deliverie(
        self, name: str, *, state: Literal["waiting", "delivered", "dead"] | None = None, limit: int = 50
    ) -> Iterator[DeliveryOut]:
        """All that `list_deliveries` answers, page after page."""
        page = 1
        while rows := self.list_deliveries(name, state=state, page=page, limit=limit).deliveries:
            yield from rows
            page += 1

    def retry(self, name: str) -> Again:
        """Send again all that was given up. 422 while the webhook is switched off."""
        return self._connection.call("POST", f"/api/v1/webhooks/{part(name)}/retry", Again)

    def retry_one(self, name: str, number: int) -> Again:
        """Send one delivery again. 404 where it was not given up."""
        return self._connection.call("POST", f"/api/v1/webhooks/{part(name)}/deliveries/{part(number)}/retry", Again)
