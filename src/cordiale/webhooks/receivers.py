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
    """Customers are new, or differ."""
    outbox.note_customers(customer_ids, fields, is_new, now)


def on_consents(sender: Any, entries: Sequence[ConsentEntry], now: datetime, **_: Any) -> None:
    """People agreed, or withdrew."""
    outbox.note_consents(entries, now)


def on_started(sender: Any, programme: str, now: datetime, **_: Any) -> None:
    """A programme lets people enter."""
    outbox.note(rules.STARTED, {"programme": programme}, now)


def on_paused(sender: Any, programme: str, now: datetime, **_: Any) -> None:
    """A programme stands still."""
    outbox.note(rules.PAUSED, {"programme": programme}, now)


def on_applied(sender: Any, programme: str, version: int, now: datetime, **_: Any) -> None:
    """A programme has a new version."""
    outbox.note(rules.APPLIED, {"programme": programme, "version": version}, now)
