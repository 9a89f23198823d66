"""What we hold about a person in deliveries: given out on request, taken out on erasure.

A delivery's row outlives its body, so that the very same body, sent again, does not bring the person back.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from datetime import datetime
from functools import partial
from typing import Any

from django.db import connection, transaction

from cordiale.connectors import applying
from cordiale.connectors.models import Inbound, State
from cordiale.connectors.rules import naming, values
from cordiale.connectors.rules.naming import Names
from cordiale.customers.holdings import Holding
from cordiale.customers.models import Customer
from cordiale.errors import CordialeError
from cordiale.identity.models import Identity

_AT_ONCE = 100
"""Values looked for in one pass over the bodies."""

# A body of another person's may name this one too: an order for somebody else. Letter case and what stands between
# the figures of a telephone number do not count.
_NAMED = """
select id from connectors_inbound
where body is not null and (lower(encode(body, 'escape')) ~ %s
   or regexp_replace(encode(body, 'escape'), '[^0-9]', '', 'g') ~ %s)
"""


def export(customer_ids: Sequence[int]) -> list[dict[str, Any]]:
    """Deliveries about a person, with what was sent while it is kept; of a batch only his rows."""
    names = _names(customer_ids)
    rows = Inbound.objects.filter(pk__in=_about(customer_ids, names)).select_related("connector").order_by("pk")
    return [
        {
            "connector": row.connector.name,
            "topic": row.topic,
            "received_at": row.received_at.isoformat(),
            "state": row.state,
            "sent": _sent(row, names),
        }
        for row in rows.iterator()
    ]


@transaction.atomic
def erase(customer_ids: Sequence[int], now: datetime) -> int:
    """Take a person out of what was sent: the whole body where it is his, his rows where others' wait beside them."""
    names = _names(customer_ids)
    rows = Inbound.objects.select_for_update(of=("self",)).select_related("connector")
    count = 0
    for row in rows.filter(pk__in=_about(customer_ids, names)).order_by("pk").iterator():
        _take_out(row, set(customer_ids), names)
        count += 1
    return count


def _take_out(row: Inbound, gone: set[int], names: Names) -> None:
    left = naming.without(_parsed(row), partial(_is_his, row, names)) if row.state != State.DONE else None
    row.body = values.plain(json.dumps(left, ensure_ascii=False)).encode() if left else None
    row.reason = ""
    row.customer_ids = [number for number in row.customer_ids if number not in gone]
    told = {table: [one for one in rows if one["customer_id"] not in gone] for table, rows in (row.facts or {}).items()}
    row.facts = {table: rows for table, rows in told.items() if rows} or None
    if row.body is None and row.state == State.WAITING:
        row.state, row.settled_at = State.DONE, row.received_at
    row.save(update_fields=["body", "reason", "customer_ids", "facts", "state", "settled_at"])


def _sent(row: Inbound, names: Names) -> Any:
    if row.body is None:
        return None
    if row.topic == applying.ROWS and isinstance(parsed := _parsed(row), list):
        return [one for one in parsed if _is_his(row, names, one)]
    return bytes(row.body).decode("utf-8", "replace")


def _parsed(row: Inbound) -> Any:
    """The rows of a body of several; None where it is one thing, or cannot be read."""
    if row.body is None or row.connector.kind in applying.SHOPS:
        return None
    try:
        return json.loads(bytes(row.body))
    except (ValueError, RecursionError):
        return None


def _is_his(row: Inbound, names: Names, one: Any) -> bool:
    if names.are_in(json.dumps(one, ensure_ascii=False, default=str)):
        return True
    try:
        people = applying.people_in(row, one)
    except CordialeError:
        return False
    return any(names.identify(applying.named(row.connector, person)) for person in people)


def _about(customer_ids: Sequence[int], names: Names) -> list[int]:
    found = set(Inbound.objects.filter(customer_ids__overlap=list(customer_ids)).values_list("pk", flat=True))
    emails, phones = sorted(names.emails), sorted(names.phones)
    with connection.cursor() as cursor:
        for first in range(0, max(len(emails), len(phones)), _AT_ONCE):
            part = slice(first, first + _AT_ONCE)
            mailboxes = "|".join(naming.pattern(one) for one in emails[part]) or None
            cursor.execute(_NAMED, [mailboxes, "|".join(phones[part]) or None])
            found.update(number for (number,) in cursor.fetchall())
    if names.others:
        found.update(_unread(names))
    return sorted(found)


def _unread(names: Names) -> list[int]:
    """What was not taken in yet and names him by his number or card alone."""
    waiting = Inbound.objects.exclude(state=State.DONE).filter(body__isnull=False).select_related("connector")
    return [row.pk for row in waiting.iterator(chunk_size=50) if any(_is_his(row, names, one) for one in _things(row))]


def _things(row: Inbound) -> list[Any]:
    try:
        return applying.things_in(row)
    except CordialeError:
        return []


def _names(customer_ids: Sequence[int]) -> Names:
    numbers = list(customer_ids)
    held = set(Identity.objects.filter(customer_id__in=numbers).values_list("kind", "value"))
    for kind in ("reference", "email", "phone"):
        held |= {(kind, value or "") for value in Customer.everyone.filter(pk__in=numbers).values_list(kind, flat=True)}
    return Names.of(held)


HOLDING = Holding(name="deliveries of shops", order=60, export=export, erase=erase)
