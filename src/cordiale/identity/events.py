"""Who events are of: customers by their reference, browsers' visitors until somebody signs in."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

import numpy as np
import pyarrow as pa
from django.db import transaction

from cordiale import clock
from cordiale.customers import actions as customers
from cordiale.customers.actions import Submitted
from cordiale.identity import aliases, tables
from cordiale.identity.browsers import NOBODYS, Sighted, see
from cordiale.identity.matching import holders
from cordiale.identity.rules import LONGEST_REFERENCE, canonical, is_nobodys
from cordiale.identity.rules.telling import Seen

SOURCE = "events"


def resolve_events(rows: Sequence[Seen], now: datetime) -> list[int]:
    """The number of each event's customer or visitor, in the rows' order.

    These are numbers to record facts under: a merged customer's is his own, and a visitor's stays the visitor's when
    he is known by name (reads follow the aliases), so that both can be undone. Unknown references become customers.
    Names that are nobody's ("null", "0") are passed over; what has no usable name at all is one common visitor's.
    """
    clock.require_aware(now)
    aliases.publish_pending()
    named = [_usable("reference", row.user_id) for row in rows]
    with transaction.atomic():
        users = _users(named, rows, now)
        seen = [
            Sighted(_usable("anonymous", row.anonymous_id) or NOBODYS, users[name] if name else None,
                    clock.require_aware(row.at))
            for row, name in zip(rows, named, strict=True)
        ]  # fmt: skip
        return see(seen, now)


def _usable(kind: str, value: str | None) -> str | None:
    stored = canonical(kind, value or "")
    return None if is_nobodys(kind, stored) else stored


def _users(named: Sequence[str | None], rows: Sequence[Seen], now: datetime) -> dict[str, int]:
    """The customers of some references; who is new is made."""
    first: dict[str, datetime] = {}
    for name, row in zip(named, rows, strict=True):
        if name:
            first[name] = min(row.at, first.get(name, row.at))
    known = _known(list(first))
    if len(known) == len(first):
        return known
    tables.lock()
    known = _known(list(first))
    return known | _make({name: at for name, at in first.items() if name not in known}, now)


def _known(names: Sequence[str]) -> dict[str, int]:
    return {names[place]: number for place, number in holders("reference", names)}


def _make(first: dict[str, datetime], now: datetime) -> dict[str, int]:
    """New customers of whom nothing is known but a reference and since when."""
    numbers = customers.submit([
        Submitted(reference=name if len(name) <= LONGEST_REFERENCE else "", values={}, source=SOURCE, at=at,
                  created_at=min(at, now))
        for name, at in first.items()
    ], now)  # fmt: skip
    made = dict(zip(first, numbers, strict=True))
    long = [name for name in first if len(name) > LONGEST_REFERENCE]
    numbers_of_long = np.array([made[name] for name in long], dtype=np.int64)
    tables.tied("reference", pa.array(long, pa.string()), numbers_of_long, SOURCE, now).copy()
    return made
