"""What waits or was rejected may hold a person's data: given out and erased with the rest.

What was flushed is in the lake; of it only hashes stay here.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from datetime import datetime
from typing import Any

from django.db.models import Q

from cordiale.customers.holdings import Holding, register
from cordiale.customers.models import Customer
from cordiale.identity.models import Identity, Sighting
from cordiale.intake import locks
from cordiale.intake.models import Inbox, Rejected

_TABLES = (Inbox, Rejected)


def export(customer_ids: Sequence[int]) -> list[dict[str, Any]] | None:
    """Events that are of these customers by a name of theirs, or were rejected as theirs."""
    found = [
        {"at": row.at.isoformat(), "received_at": row.received_at.isoformat(), "event": _document(bytes(row.payload))}
        for model in _TABLES
        for row in model.objects.filter(_theirs(model, customer_ids)).order_by("id")
    ]
    return found or None


def erase(customer_ids: Sequence[int], now: datetime) -> int:
    """Delete them. Until the transaction ends nothing leaves the inbox, so that none slips into the lake meanwhile."""
    locks.keep_flushers_out()
    return sum(model.objects.filter(_theirs(model, customer_ids)).delete()[0] for model in _TABLES)


def register_holding() -> None:
    """Say so to access and erasure."""
    register(Holding(name="intake", order=600, export=export, erase=erase))


def _theirs(model: type[Inbox] | type[Rejected], customer_ids: Sequence[int]) -> Q:
    """Rows whose text holds, as a JSON text of its own, a name the customers are known by.

    Read here, not by SQL: a payload that was rejected need not be valid UTF-8.
    """
    names = _names(customer_ids)
    spellings = {json.dumps(name, ensure_ascii=is_ascii).lower() for name in names for is_ascii in (True, False)}
    rows = model.objects.values_list("id", "payload").iterator(chunk_size=2_000)
    held = [number for number, payload in rows if _holds(bytes(payload), spellings)]
    theirs = Q(id__in=held)
    return theirs | Q(customer_id__in=customer_ids) if model is Rejected else theirs


def _holds(payload: bytes, spellings: set[str]) -> bool:
    text = payload.decode(errors="replace").lower()
    return any(one in text for one in spellings)


def _names(customer_ids: Sequence[int]) -> set[str]:
    names = set(Identity.objects.filter(customer_id__in=customer_ids).values_list("value", flat=True))
    names |= set(Sighting.objects.filter(customer_id__in=customer_ids).values_list("anonymous_id", flat=True))
    names |= set(Customer.everyone.filter(id__in=customer_ids).values_list("reference", flat=True))
    return {name for name in names if name}


def _document(payload: bytes) -> Any:
    try:
        return json.loads(payload)
    except ValueError:
        return payload.decode(errors="replace")
