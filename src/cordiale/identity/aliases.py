"""Which numbers are read as whose, and telling the lake."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

import numpy as np
import pyarrow as pa
from django.db import transaction

from cordiale import home, locks
from cordiale.identity import tables
from cordiale.identity.models import Alias
from cordiale.lake import open_lake

_POINT = """
INSERT INTO identity_alias (alias_id, customer_id, reason, created_at, is_published) VALUES (%s, %s, %s, %s, false)
ON CONFLICT (alias_id) DO UPDATE SET customer_id = excluded.customer_id, reason = excluded.reason,
    created_at = excluded.created_at, is_published = false
WHERE identity_alias.customer_id <> excluded.customer_id
"""
_DETACH = "UPDATE identity_alias SET customer_id = alias_id, is_published = false WHERE alias_id = ANY(%s)"
_RESOLVED = """
SELECT a.alias_id, coalesce(c.merged_into_id, a.customer_id) AS survivor, a.customer_id
FROM identity_alias a LEFT JOIN customers_customer c ON c.id = a.customer_id ORDER BY a.alias_id
"""
_TOLD = """
UPDATE identity_alias a SET is_published = true
FROM unnest(%s::bigint[], %s::bigint[]) AS t (alias_id, customer_id)
WHERE a.alias_id = t.alias_id AND a.customer_id = t.customer_id AND NOT a.is_published
RETURNING a.alias_id
"""
_DROP = "DELETE FROM identity_alias WHERE alias_id = customer_id AND is_published RETURNING alias_id"
_PATIENCE_SECONDS = 60


def point(pairs: Sequence[tuple[int, int]], reason: str, now: datetime) -> None:
    """Let facts of the first number of each pair be read as the second's; the lake hears of it after the commit."""
    if pairs:
        tables.write(_POINT, [(alias, customer, reason, now) for alias, customer in pairs])
        transaction.on_commit(publish_pending, robust=True)


def detach(numbers: Sequence[int]) -> None:
    """Let facts of these numbers be read as their own again."""
    tables.rows(_DETACH + " RETURNING alias_id", list(numbers))
    transaction.on_commit(publish_pending, robust=True)


def publish_pending() -> None:
    """Tell the lake if it was not told everything yet: after each change, and where that was cut short."""
    if Alias.objects.filter(is_published=False).exists():
        publish()


def publish() -> int:
    """Tell the lake which facts are read as whose; how many aliases there are."""
    with locks.exclusive(home.current().run / "aliases.lock", patience=_PATIENCE_SECONDS, doing="telling the lake"):
        told = np.array(tables.rows(_RESOLVED), dtype=np.int64).reshape(-1, 3)
        real = told[told[:, 0] != told[:, 1]]
        table = pa.table({"alias_id": pa.array(real[:, 0]), "customer_id": pa.array(real[:, 1])})
        open_lake().publish_aliases(table)
        tables.rows(_TOLD, told[:, 0].tolist(), told[:, 2].tolist())
        tables.rows(_DROP)
        return len(real)
