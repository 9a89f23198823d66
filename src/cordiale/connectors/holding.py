"""What we hold about a person in deliveries: given out on request, deleted on erasure."""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import datetime
from typing import Any

from django.db import connection

from cordiale.connectors.models import Inbound
from cordiale.customers.holdings import Holding
from cordiale.customers.models import Customer
from cordiale.identity.models import Identity

_LONG_ENOUGH = 4
"""Shorter identifiers would be found in bodies that are about others."""

# Bodies that were never read have no customer yet: whoever is named in them is found by what identifies him, in any
# case, a telephone number by its last nine digits however it is spaced.
_NAMED = """
select id from connectors_inbound
where body is not null and not customer_ids && %s::bigint[]
  and (exists (select from unnest(%s::bytea[]) as value
               where position(lower(encode(value, 'escape')) in lower(encode(body, 'escape'))) > 0)
       or exists (select from unnest(%s::text[]) as digits
                  where position(digits in regexp_replace(encode(body, 'escape'), '[^0-9]', '', 'g')) > 0))
"""


def export(customer_ids: Sequence[int]) -> list[dict[str, Any]]:
    """Deliveries about a person, with what was sent while it is kept."""
    rows = Inbound.objects.filter(pk__in=_about(customer_ids)).select_related("connector").order_by("pk")
    return [
        {
            "connector": row.connector.name,
            "topic": row.topic,
            "received_at": row.received_at.isoformat(),
            "state": row.state,
            "sent": bytes(row.body).decode("utf-8", "replace") if row.body is not None else None,
        }
        for row in rows.iterator()
    ]


def erase(customer_ids: Sequence[int], now: datetime) -> int:
    """Delete what was sent about them; a body that names others too goes as well, it was taken in already."""
    return Inbound.objects.filter(pk__in=_about(customer_ids)).delete()[0]


def _about(customer_ids: Sequence[int]) -> list[int]:
    numbers = list(customer_ids)
    found = set(Inbound.objects.filter(customer_ids__overlap=numbers).values_list("pk", flat=True))
    values = _identifiers(numbers)
    phones = [digits[-9:] for value in values if len(digits := re.sub(r"\D", "", value)) >= 9 and "@" not in value]
    if values:
        with connection.cursor() as cursor:
            cursor.execute(_NAMED, [numbers, [value.encode() for value in values], phones])
            found.update(row[0] for row in cursor.fetchall())
    return sorted(found)


def _identifiers(numbers: Sequence[int]) -> list[str]:
    held = set(Identity.objects.filter(customer_id__in=numbers).values_list("value", flat=True))
    for email, phone in Customer.everyone.filter(pk__in=numbers).values_list("email", "phone"):
        held |= {email, phone}
    return sorted(value for value in held if value and len(value) >= _LONG_ENOUGH)


HOLDING = Holding(name="deliveries of shops", order=60, export=export, erase=erase)
