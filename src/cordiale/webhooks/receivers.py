"""What we listen to. Each receiver writes in the transaction of the change."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from cordiale.consent.rules import ConsentEntry
from cordiale.consent.signals import consents_changed
from cordiale.customers.signals import customers_changed
from cordiale.programmes import signals as programmes
from cordiale.webhooks import outbox, rules


def connect() -> None:
    """Start to listen; called once, when the applications are ready."""
    customers_changed.connect(on_customers, dispatch_uid="webhooks")
    consents_changed.connect(on_consents, dispatch_uid="webhooks")
    programmes.started.connect(on_started, dispatch_uid="webhooks")
    programmes.paused.connect(on_paused, dispatch_uid="webhooks")
    programmes.applied.connect(on_applied, dispatch_uid="webhooks")


def on_customers(
    sender: Any, customer_ids: Sequence[int], fields: Sequence[str], is_new: bool, now: datetime, **_: Any
) -> None:
    """Numbers and names of fields, no value."""
    names = sorted(fields)
    outbox.note(rules.CUSTOMERS, _Rows(customer_ids, names, is_new), now)


def on_consents(sender: Any, entries: Sequence[ConsentEntry], now: datetime, **_: Any) -> None:
    """What was said of which purpose and channel; asking us tells what holds."""
    rows = [
        {"customer_id": one.customer_id, "purpose": one.purpose, "channel": one.channel, "said": one.state, "at": one.at.isoformat()}
        for one in entries
    ]  # fmt: skip
    outbox.note(rules.CONSENTS, rows, now)


def on_started(sender: Any, programme: str, now: datetime, **_: Any) -> None:
    """A programme lets people enter."""
    outbox.note(rules.STARTED, [{"programme": programme}], now)


def on_paused(sender: Any, programme: str, now: datetime, **_: Any) -> None:
    """A programme stands still."""
    outbox.note(rules.PAUSED, [{"programme": programme}], now)


def on_applied(sender: Any, programme: str, version: int, now: datetime, **_: Any) -> None:
    """A programme has a new version."""
    outbox.note(rules.APPLIED, [{"programme": programme, "version": version}], now)


class _Rows(Sequence[dict[str, Any]]):
    """A row a customer, made only where somebody listens: an import's million numbers cost nothing otherwise."""

    def __init__(self, customer_ids: Sequence[int], fields: list[str], is_new: bool) -> None:
        self._ids, self._fields, self._is_new = customer_ids, fields, is_new

    def __len__(self) -> int:
        return len(self._ids)

    def __getitem__(self, place: Any) -> Any:
        if isinstance(place, slice):
            return [self._row(number) for number in self._ids[place]]
        return self._row(self._ids[place])

    def _row(self, number: int) -> dict[str, Any]:
        return {"id": number, "is_new": self._is_new, "fields": self._fields}
