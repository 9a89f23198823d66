"""Tying values to customers who are known already."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db import connection, transaction

from cordiale import clock
from cordiale.errors import CordialeError
from cordiale.identity import rules, tables

_INCOMING = """
CREATE TEMP TABLE incoming_identities (position bigint, customer_id bigint, kind text, value text, source text)
ON COMMIT DROP
"""
_INSERT = """
INSERT INTO identity_identity (customer_id, kind, value, source, created_at)
SELECT DISTINCT ON (kind, value) customer_id, kind, value, source, %s FROM incoming_identities
ORDER BY kind, value, position ON CONFLICT (kind, value) DO NOTHING
"""
_TAKEN = """
SELECT DISTINCT ON (i.kind, i.value, i.customer_id) i.kind, i.value, i.customer_id, k.customer_id
FROM incoming_identities i JOIN identity_identity k USING (kind, value)
WHERE k.customer_id <> i.customer_id ORDER BY i.kind, i.value, i.customer_id
"""


@dataclass(frozen=True)
class Taken:
    """A value that already points to another customer: nothing was changed, a person has to look."""

    kind: str
    value: str
    customer_id: int
    holder_id: int


@transaction.atomic
def link(rows: Iterable[Mapping[str, Any]], now: datetime) -> list[Taken]:
    """Let values point to customers; the ones that already point to somebody else, left as they are.

    Each row has `customer_id`, `kind`, `value`, `source`; rows whose value is empty are passed over. A value never
    moves silently: of two customers who claim it the first keeps it.
    """
    moment = clock.require_aware(now)
    tables.lock()
    with connection.cursor() as cursor:
        cursor.execute("DROP TABLE IF EXISTS incoming_identities")
        cursor.execute(_INCOMING)
        with cursor.copy("COPY incoming_identities (position, customer_id, kind, value, source) FROM STDIN") as copy:
            for number, row in enumerate(rows, start=1):
                value = _value(row, number)
                if value:
                    copy.write_row((number, row["customer_id"], row["kind"], value, row["source"]))
        cursor.execute(_INSERT, [moment])
        cursor.execute(_TAKEN)
        return [Taken(*taken) for taken in cursor.fetchall()]


def _value(row: Mapping[str, Any], number: int) -> str:
    if row["kind"] not in rules.STRONG:
        raise CordialeError(f"row {number}: '{row['kind']}' is no kind of identity; it takes {', '.join(rules.STRONG)}")
    value = rules.canonical(row["kind"], str(row["value"] or ""))
    if len(value) > rules.LONGEST:
        raise CordialeError(f"row {number}: the {row['kind']} has {len(value)} characters, at most {rules.LONGEST} fit")
    return value
