"""What writes customers. All rows of a call are written, or none."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any

from django.db import connection, transaction

from cordiale import clock
from cordiale.customers import rules

_INCOMING = """
CREATE TEMP TABLE incoming_customers (position bigint, reference text, first_name text, last_name text, email text,
    phone text, street text, postcode text, city text, country text, language text, timezone text, birth_on date,
    declared jsonb, sources jsonb, created_at timestamptz) ON COMMIT DROP
"""
_COPY = """
COPY incoming_customers (position, reference, first_name, last_name, email, phone, street, postcode, city, country,
    language, timezone, birth_on, declared, sources, created_at) FROM STDIN
"""
_LAST_OF_EACH = """
DELETE FROM incoming_customers AS earlier USING incoming_customers AS later
WHERE earlier.reference = later.reference AND earlier.position < later.position
"""
_INSERT = """
INSERT INTO customers_customer (reference, first_name, last_name, email, phone, street, postcode, city, country,
    language, timezone, birth_on, declared, sources, created_at, updated_at)
SELECT reference, coalesce(first_name, ''), coalesce(last_name, ''), coalesce(email, ''), coalesce(phone, ''),
    coalesce(street, ''), coalesce(postcode, ''), coalesce(city, ''), coalesce(country, 'FR'), coalesce(language, 'fr'),
    coalesce(timezone, 'Europe/Paris'), birth_on, coalesce(declared, '{}'), coalesce(sources, '{}'),
    coalesce(created_at, %(now)s), %(now)s
FROM incoming_customers ORDER BY reference ON CONFLICT (reference) DO NOTHING
"""
# Ordered by the same key in both statements: two loads at once wait for each other instead of dead-locking.
_UPDATE = """
WITH locked AS (
    SELECT c.id FROM customers_customer c JOIN incoming_customers USING (reference) ORDER BY reference FOR UPDATE OF c
), merged AS (
    SELECT c.id, coalesce(i.first_name, c.first_name) AS first_name, coalesce(i.last_name, c.last_name) AS last_name,
        coalesce(i.email, c.email) AS email, coalesce(i.phone, c.phone) AS phone,
        coalesce(i.street, c.street) AS street, coalesce(i.postcode, c.postcode) AS postcode,
        coalesce(i.city, c.city) AS city, coalesce(i.country, c.country) AS country,
        coalesce(i.language, c.language) AS language, coalesce(i.timezone, c.timezone) AS timezone,
        coalesce(i.birth_on, c.birth_on) AS birth_on, c.declared || coalesce(i.declared, '{}') AS declared,
        c.sources || coalesce(i.sources, '{}') AS sources, least(c.created_at, i.created_at) AS created_at
    FROM locked JOIN customers_customer c USING (id) JOIN incoming_customers i USING (reference)
)
UPDATE customers_customer AS c
SET first_name = m.first_name, last_name = m.last_name, email = m.email, phone = m.phone, street = m.street,
    postcode = m.postcode, city = m.city, country = m.country, language = m.language, timezone = m.timezone,
    birth_on = m.birth_on, declared = m.declared, sources = m.sources, created_at = m.created_at, updated_at = %(now)s
FROM merged m
WHERE c.id = m.id AND (c.first_name, c.last_name, c.email, c.phone, c.street, c.postcode, c.city, c.country, c.language,
        c.timezone, c.birth_on, c.declared, c.sources, c.created_at)
    IS DISTINCT FROM (m.first_name, m.last_name, m.email, m.phone, m.street, m.postcode, m.city, m.country, m.language,
        m.timezone, m.birth_on, m.declared, m.sources, m.created_at)
"""
_IDS = "SELECT reference, c.id FROM incoming_customers JOIN customers_customer c USING (reference)"


@transaction.atomic
def upsert(rows: Iterable[Mapping[str, Any]], now: datetime) -> dict[str, int]:
    """Create the customers that are new by `reference`, fill in what the rows say of the others; reference → id.

    Each row takes any of `rules.COLUMNS`; what it leaves out or gives as None stays as it is. `declared` and `sources`
    (`{field: {"source": …, "at": …}}`) are merged key by key; a reference given twice counts the last time. Only rows
    that change something move `updated_at`. Raises RowRefused naming the row.
    """
    moment = {"now": clock.require_aware(now)}
    with connection.cursor() as cursor:
        cursor.execute("DROP TABLE IF EXISTS incoming_customers")
        cursor.execute(_INCOMING)
        count = _copy(cursor, rows)
        cursor.execute("CREATE INDEX ON incoming_customers (reference, position)")
        cursor.execute("ANALYZE incoming_customers")
        cursor.execute(_LAST_OF_EACH)
        count -= cursor.rowcount
        cursor.execute(_INSERT, moment)
        if cursor.rowcount < count:
            cursor.execute(_UPDATE, moment)
        cursor.execute(_IDS)
        return dict(cursor.fetchall())


def _copy(cursor: Any, rows: Iterable[Mapping[str, Any]]) -> int:
    number = 0
    with cursor.copy(_COPY) as copy:
        for number, row in enumerate(rows, start=1):
            copy.write_row((number, *rules.check(row, number)))
    return number
