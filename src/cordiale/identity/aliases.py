"""Which numbers are read as whose, and telling the lake."""

from __future__ import annotations

import io
from collections.abc import Sequence
from datetime import datetime

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.csv
from django.db import connection, transaction

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
COPY (
    SELECT a.alias_id, coalesce(c.merged_into_id, a.customer_id), a.customer_id, (NOT a.is_published)::int
    FROM identity_alias a LEFT JOIN customers_customer c ON c.id = a.customer_id ORDER BY a.alias_id
) TO STDOUT (FORMAT csv)
"""
_TOLD = """
UPDATE identity_alias a SET is_published = true
FROM unnest(string_to_array(%s, ',')::bigint[], string_to_array(%s, ',')::bigint[]) AS t (alias_id, customer_id)
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
        told = _resolved()
        real = told.filter(pc.not_equal(told["alias_id"], told["customer_id"]))
        open_lake().publish_aliases(real.select(["alias_id", "customer_id"]))
        waited = told.filter(pc.equal(told["waits"], 1))
        tables.rows(_TOLD, *(",".join(map(str, waited[name].to_pylist())) for name in ("alias_id", "direct_id")))
        tables.rows(_DROP)
        return int(real.num_rows)


def _resolved() -> pa.Table:
    """Each alias, whose it is in the end, whose directly, and (1) whether the lake still has to hear of it."""
    copied = io.BytesIO()
    with connection.cursor() as cursor, cursor.copy(_RESOLVED) as copy:
        for part in copy:
            copied.write(part)
    types = dict.fromkeys(("alias_id", "customer_id", "direct_id", "waits"), pa.int64())
    if not copied.tell():
        return pa.schema(types).empty_table()
    copied.seek(0)
    reading = pyarrow.csv.ReadOptions(column_names=list(types))
    return pyarrow.csv.read_csv(copied, reading, convert_options=pyarrow.csv.ConvertOptions(column_types=types))
