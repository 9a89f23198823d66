"""Writing down what a run found. One transaction: a run that dies leaves what was."""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

import pyarrow as pa
from django.db import connection, transaction

MATERIAL = 3.0
"""Bits: a pair told apart is shown again once its data changed and it became eight times as likely."""

_INCOMING = """
CREATE TEMP TABLE incoming_pairs (first_id bigint, second_id bigint, probability float8, weight float8, levels jsonb,
    can_be_automatic bool) ON COMMIT DROP
"""
_COPY = "COPY incoming_pairs (first_id, second_id, probability, weight, levels, can_be_automatic) FROM STDIN"
# Somebody may have been merged or erased while the run was on.
_ONLY_PRESENT = """
DELETE FROM incoming_pairs i WHERE EXISTS (
    SELECT FROM customers_customer c WHERE c.id IN (i.first_id, i.second_id) AND c.merged_into_id IS NOT NULL
) OR NOT EXISTS (SELECT FROM customers_customer c WHERE c.id = i.first_id)
  OR NOT EXISTS (SELECT FROM customers_customer c WHERE c.id = i.second_id)
"""
# Who was told apart from somebody stays apart from whom that one was merged into.
_TOLD_APART = """
WITH apart AS (
    SELECT coalesce(f.merged_into_id, f.id) AS one, coalesce(s.merged_into_id, s.id) AS other
    FROM duplicates_suggestion d
    JOIN customers_customer f ON f.id = d.first_id JOIN customers_customer s ON s.id = d.second_id
    WHERE d.state = 'refused' AND (f.merged_into_id IS NOT NULL OR s.merged_into_id IS NOT NULL)
)
DELETE FROM incoming_pairs i USING apart a
WHERE i.first_id = least(a.one, a.other) AND i.second_id = greatest(a.one, a.other)
"""
_FIRST_EVIDENCE = """
UPDATE duplicates_suggestion d SET weight = i.weight, levels = i.levels, probability = i.probability
FROM incoming_pairs i
WHERE d.first_id = i.first_id AND d.second_id = i.second_id AND d.state = 'refused' AND d.weight IS NULL
"""
_REOPEN = """
UPDATE duplicates_suggestion d SET state = 'open', found_at = %(now)s, decided_at = NULL, decided_by = ''
FROM incoming_pairs i
WHERE d.first_id = i.first_id AND d.second_id = i.second_id AND d.state = 'refused' AND d.levels <> i.levels
    AND i.weight >= d.weight + %(material)s
"""
_WRITE = """
INSERT INTO duplicates_suggestion (first_id, second_id, probability, weight, levels, can_be_automatic, state, found_at,
    decided_by)
SELECT first_id, second_id, probability, weight, levels, can_be_automatic, 'open', %(now)s, '' FROM incoming_pairs
ORDER BY first_id, second_id
ON CONFLICT (first_id, second_id) DO UPDATE SET probability = excluded.probability, weight = excluded.weight,
    levels = excluded.levels, can_be_automatic = excluded.can_be_automatic
WHERE duplicates_suggestion.state = 'open'
"""
# A pair of which one is hidden behind another customer waits for the merge to be undone.
_WITHDRAW = """
DELETE FROM duplicates_suggestion d USING customers_customer f, customers_customer s
WHERE d.state = 'open' AND f.id = d.first_id AND s.id = d.second_id AND f.merged_into_id IS NULL
    AND s.merged_into_id IS NULL
    AND NOT EXISTS (SELECT FROM incoming_pairs i WHERE i.first_id = d.first_id AND i.second_id = d.second_id)
"""
_SEEN = "CREATE TEMP TABLE incoming_compared (customer_id bigint, fingerprint bigint) ON COMMIT DROP"
_COPY_SEEN = "COPY incoming_compared (customer_id, fingerprint) FROM STDIN"
_COMPARED = """
INSERT INTO duplicates_compared (customer_id, fingerprint) SELECT customer_id, fingerprint FROM incoming_compared
ON CONFLICT (customer_id) DO UPDATE SET fingerprint = excluded.fingerprint
WHERE duplicates_compared.fingerprint <> excluded.fingerprint
"""
# Who is hidden is compared with everybody again when he comes back.
_FORGET = """
DELETE FROM duplicates_compared d
WHERE NOT EXISTS (SELECT FROM customers_customer c WHERE c.id = d.customer_id AND c.merged_into_id IS NULL)
"""


@dataclass(frozen=True, kw_only=True)
class Pair:
    """A pair to suggest; `first` < `second`."""

    first: int
    second: int
    probability: float
    weight: float
    levels: dict[str, str]
    can_be_automatic: bool


@transaction.atomic
def keep(pairs: Iterable[Pair], customers: pa.Table, now: datetime) -> None:
    """Let exactly these pairs be open, but for those told apart, and remember who was compared as what."""
    with connection.cursor() as cursor:
        cursor.execute("DROP TABLE IF EXISTS incoming_pairs")
        cursor.execute(_INCOMING)
        with cursor.copy(_COPY) as copy:
            for one in pairs:
                copy.write_row((one.first, one.second, one.probability, one.weight,
                                json.dumps(one.levels, sort_keys=True), one.can_be_automatic))  # fmt: skip
        cursor.execute("CREATE INDEX ON incoming_pairs (first_id, second_id)")
        cursor.execute("ANALYZE incoming_pairs")
        for statement in (_ONLY_PRESENT, _TOLD_APART, _FIRST_EVIDENCE, _REOPEN, _WRITE, _WITHDRAW):
            cursor.execute(statement, {"now": now, "material": MATERIAL})
    _remember(customers)


def _remember(customers: pa.Table) -> None:
    numbers, prints = (customers.column(name).to_pylist() for name in ("unique_id", "fingerprint"))
    with connection.cursor() as cursor:
        cursor.execute("DROP TABLE IF EXISTS incoming_compared")
        cursor.execute(_SEEN)
        with cursor.copy(_COPY_SEEN) as copy:
            for row in zip(numbers, prints, strict=True):
                copy.write_row(row)
        cursor.execute(_COMPARED)
        cursor.execute(_FORGET)
