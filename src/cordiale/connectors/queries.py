"""Reading what connectors brought."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.db.models import Count, Max, Q, QuerySet

from cordiale.connectors.models import Connector, Inbound, State

_LATELY = timedelta(hours=24)
_SHOWN = (
    "zone", "purpose", "opt_in", "scheme", "header", "cursor", "cursor_kind", "overlap", "every", "query", "mapping",
)  # fmt: skip


@dataclass(frozen=True)
class Row:
    """A connector and what it brought: `lately` over the last 24 hours, the others of what is kept."""

    connector: Connector
    last_at: datetime | None
    lately: int
    waiting: int
    dead: int

    def as_json(self) -> dict[str, Any]:
        """For the command line; no secret."""
        return {
            "name": self.connector.name, "kind": self.connector.kind, "last_at": self.last_at,
            "deliveries_24h": self.lately, "waiting": self.waiting, "dead": self.dead,
        }  # fmt: skip


def list_rows(now: datetime) -> list[Row]:
    """All connectors, by name."""
    rows = Connector.objects.order_by("name").annotate(
        last_at=Max("deliveries__received_at"),
        lately=Count("deliveries", filter=Q(deliveries__received_at__gt=now - _LATELY)),
        waiting=Count("deliveries", filter=Q(deliveries__state=State.WAITING)),
        dead=Count("deliveries", filter=Q(deliveries__state=State.DEAD)),
    )
    return [Row(one, one.last_at, one.lately, one.waiting, one.dead) for one in rows]


def row_of(connector: Connector, now: datetime) -> Row:
    """One of them."""
    return next(row for row in list_rows(now) if row.connector.pk == connector.pk)


def list_deliveries(connector: Connector, state: str = "") -> QuerySet[Inbound]:
    """What it sent, newest first, without the bodies."""
    found = connector.deliveries.defer("body").order_by("-pk")
    return found.filter(state=state) if state in State.values else found


def shown_settings(connector: Connector) -> Mapping[str, Any]:
    """What may be shown of its settings: all of them, no secret is among them."""
    return {name: connector.settings[name] for name in _SHOWN if name in connector.settings}
