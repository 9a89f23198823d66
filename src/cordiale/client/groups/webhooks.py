"""The operations of `webhooks` and their shapes.

Written by `config.client_source` from the OpenAPI description; do not edit.
"""

from __future__ import annotations

from typing import Literal

from cordiale.client.connection import Connection, Instant, Shape, part


class WebhookOut(Shape, frozen=True, kw_only=True):
    """A webhook. `delivered_24h` counts the last 24 hours; `waiting` and `dead` are present."""

    name: str
    url: str
    events: list[str]
    is_active: bool
    disabled_reason: str
    created_at: Instant
    delivered_24h: int
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
    delivered_24h: int
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
    """A message for a webhook. `status` and `reason` are of the last attempt."""

    id: int
    webhook_id: str
    type: str
    at: Instant
    state: Literal["waiting", "delivered", "dead"]
    attempts: int
    due_at: Instant
    status: int | None
    reason: str


class Again(Shape, frozen=True, kw_only=True):
    """How many deliveries are sent again."""

    again: int


class Webhooks:
    """`client.webhooks`."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def list_webhooks(self) -> list[WebhookOut]:
        """List Webhooks. All webhooks, by name."""
        return self._connection.call("GET", "/api/v1/webhooks/", list[WebhookOut], is_repeatable=True)

    def add_webhook(
        self,
        name: str,
        url: str,
        events: list[
            Literal[
                "customers.changed", "consents.changed", "programme.started", "programme.paused", "programme.applied"
            ]
        ],
    ) -> WebhookAdded:
        """Add Webhook. Tell an address of some kinds of events from now on."""
        return self._connection.call(
            "POST", "/api/v1/webhooks/", WebhookAdded, body=WebhookIn(name=name, url=url, events=events)
        )

    def get_webhook(self, name: str) -> WebhookOut:
        """Get Webhook. One webhook."""
        return self._connection.call("GET", f"/api/v1/webhooks/{part(name)}", WebhookOut, is_repeatable=True)

    def remove_webhook(self, name: str) -> None:
        """Remove Webhook. Tell it nothing any more."""
        return self._connection.call("DELETE", f"/api/v1/webhooks/{part(name)}", type(None))

    def test_webhook(self, name: str) -> DeliveryOut:
        """Test Webhook. Send it a message of kind `test`, and say what became of it."""
        return self._connection.call("POST", f"/api/v1/webhooks/{part(name)}/test", DeliveryOut)

    def enable_webhook(self, name: str) -> WebhookOut:
        """Enable Webhook. Switch it on again after it answered that it was gone."""
        return self._connection.call("POST", f"/api/v1/webhooks/{part(name)}/enable", WebhookOut)

    def list_deliveries(
        self, name: str, *, state: Literal["waiting", "delivered", "dead"] | None = None
    ) -> list[DeliveryOut]:
        """List Deliveries. Its latest deliveries, 200 at most."""
        return self._connection.call(
            "GET",
            f"/api/v1/webhooks/{part(name)}/deliveries",
            list[DeliveryOut],
            query={"state": state},
            is_repeatable=True,
        )

    def retry_webhook(self, name: str, *, delivery: int | None = None) -> Again:
        """Retry Webhook. Send again what was given up: one delivery, or all."""
        return self._connection.call(
            "POST", f"/api/v1/webhooks/{part(name)}/retry", Again, query={"delivery": delivery}
        )
