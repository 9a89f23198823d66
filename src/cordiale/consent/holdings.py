"""What consent holds about a person: the state, and the ledger of what was said."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from django.db import connection

from cordiale.consent.models import Consent, ConsentProof
from cordiale.customers import holdings

# The ledger proves that what was sent was allowed: its lines stay, without what could name the person. Its trigger
# lets exactly this through, in this transaction only.
_BLANK = """
update consent_consentproof set ip_address = null, user_agent = '', form_url = ''
where customer_id = any(%s) and (ip_address is not null or user_agent <> '' or form_url <> '')
"""


def register() -> None:
    """Called once, when Django is ready."""
    holdings.register(holdings.Holding(name="consent", order=40, export=export, erase=erase))


def export(customer_ids: Sequence[int]) -> list[dict[str, Any]]:
    """The ledger, oldest first."""
    found = ConsentProof.objects.filter(customer_id__in=customer_ids).order_by("at", "id")
    rows = found.values(
        "purpose", "channel", "state", "at", "source", "wording", "wording_version", "form_url", "ip_address"
    )
    return [dict(row) for row in rows]


def erase(customer_ids: Sequence[int], now: datetime) -> int:
    """The state goes; of the ledger's lines, whatever names the person."""
    with connection.cursor() as cursor:
        cursor.execute("select set_config('cordiale.erasing', 'on', true)")
        cursor.execute(_BLANK, [list(customer_ids)])
        blanked = int(cursor.rowcount)
        cursor.execute("select set_config('cordiale.erasing', '', true)")
    return blanked + Consent.objects.filter(customer_id__in=customer_ids).delete()[0]
