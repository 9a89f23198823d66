"""Addresses written or corrected on a page recognise their customer from then on, like those that sources told."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from django.db import transaction

from cordiale.customers.models import Customer
from cordiale.customers.signals import customers_changed
from cordiale.identity.linking import link

BY_HAND_AT_MOST = 100
"""More at once come from sources, which tie their values themselves."""
_KINDS = ("email", "phone")


def register() -> None:
    """Called once, when Django is ready."""
    customers_changed.connect(on_change, dispatch_uid="identity")


def on_change(*, customer_ids: Sequence[int], fields: Sequence[str], is_new: bool, now: datetime, **_: Any) -> None:
    """Tie once the change is committed: the lock on identities is always taken before those on customers."""
    if len(customer_ids) <= BY_HAND_AT_MOST and (is_new or not set(_KINDS).isdisjoint(fields)):
        numbers = list(customer_ids)
        transaction.on_commit(lambda: tie(numbers, now), robust=True)


def tie(customer_ids: Sequence[int], now: datetime) -> None:
    """Let the addresses of these profiles point to them; what points to somebody else stays there."""
    people = Customer.objects.filter(pk__in=customer_ids).values("pk", *_KINDS)
    link(
        [
            {"customer_id": one["pk"], "kind": kind, "value": one[kind], "source": "profile"}
            for one in people
            for kind in _KINDS
            if one[kind]
        ],
        now,
    )
