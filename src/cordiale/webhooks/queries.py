"""Reading what others were told."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.db.models import Count, Max, OuterRef, Q, QuerySet, Subquery

from cordiale.webhooks.models import Attempt, Delivery, Endpoint, State
from cordiale.webhooks.rules import in_words

_LATELY = timedelta(hours=24)


@dataclass(frozen=True, kw_only=True)
class Row:
    """An endpoint: deliveries and failed attempts of the last 24 hours, its last delivery, and what waits now."""

    endpoint: Endpoint
    delivered: int
    failed: int
    waiting: int
    dead: int
    last_at: datetime | None

    def as_json(self) -> dict[str, Any]:
        """For programs; no secret."""
        one = self.endpoint
        return {
            "name": one.name, "url": one.url, "events": one.events, "is_active": one.is_active,
            "disabled_reason": one.disabled_reason, "created_at": one.created_at, "last_delivery_at": self.last_at,
            "delivered_24h": self.delivered, "failed_24h": self.failed, "waiting": self.waiting, "dead": self.dead,
        }  # fmt: skip


def list_rows(now: datetime) -> list[Row]:
    """All endpoints, by name."""
    return _rows(Endpoint.objects.order_by("name"), now)


def row_of(endpoint: Endpoint, now: datetime) -> Row:
    """One of them."""
    return _rows(Endpoint.objects.filter(pk=endpoint.pk), now)[0]


def list_deliveries(endpoint: Endpoint, state: str = "") -> QuerySet[Delivery]:
    """Its deliveries, newest first, each with the `last_reason` and `last_status` of its last attempt."""
    last = Attempt.objects.filter(delivery=OuterRef("pk")).order_by("-pk")
    found = (
        endpoint.deliveries.select_related("message").defer("message__body", "message__customer_ids").order_by("-pk")
    )
    found = found.annotate(
        last_reason=Subquery(last.values("reason")[:1]), last_status=Subquery(last.values("status")[:1])
    )
    return found.filter(state=state) if state in State.values else found


def delivery_as_json(one: Any) -> dict[str, Any]:
    """A delivery of `list_deliveries`, for programs."""
    return {
        "number": one.pk, "webhook_id": one.message.key, "type": one.message.type, "at": one.message.at,
        "state": one.state, "attempts": one.attempts, "status": one.last_status, "reason": told(one),
        "next_at": one.due_at if one.state == State.WAITING else None,
        "delivered_at": one.finished_at if one.state == State.DELIVERED else None,
    }  # fmt: skip


def told(one: Any) -> str:
    """Why the last attempt of a delivery of `list_deliveries` was not taken; "" where it was, or there was none."""
    return "" if one.last_status is None else in_words(one.last_status, one.last_reason)


def _rows(endpoints: QuerySet[Endpoint], now: datetime) -> list[Row]:
    is_delivered = Q(deliveries__state=State.DELIVERED)
    counted = endpoints.annotate(
        delivered=Count("deliveries", filter=is_delivered & Q(deliveries__finished_at__gt=now - _LATELY)),
        waiting=Count("deliveries", filter=Q(deliveries__state=State.WAITING)),
        dead=Count("deliveries", filter=Q(deliveries__state=State.DEAD)),
        last_at=Max("deliveries__finished_at", filter=is_delivered),
    )
    failed = _failed(now)
    return [
        Row(
            endpoint=one, delivered=one.delivered, failed=failed.get(one.pk, 0), waiting=one.waiting, dead=one.dead,
            last_at=one.last_at,
        )
        for one in counted
    ]  # fmt: skip


def _failed(now: datetime) -> Mapping[int, int]:
    """Attempts that were not taken in the last 24 hours, by endpoint."""
    lately = Attempt.objects.filter(at__gt=now - _LATELY).exclude(status__range=(200, 299))
    return dict(lately.values_list("delivery__endpoint").annotate(number=Count("pk")))
