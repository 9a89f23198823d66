"""All customers as the linking reads them, straight from PostgreSQL."""

from __future__ import annotations

import tempfile
from typing import Any

import pyarrow as pa
import pyarrow.csv
from django.db import connection

from cordiale.duplicates.rules.records import SOURCES

# A suggestion that is open is judged again by every run, so its two are read as new.
_CUSTOMERS = """
COPY (
    WITH open AS (
        SELECT first_id AS id FROM duplicates_suggestion WHERE state = 'open'
        UNION SELECT second_id FROM duplicates_suggestion WHERE state = 'open'
    ), present AS (
        SELECT id, first_name, last_name, birth_on, street, postcode, city, email, phone,
            hashtextextended(concat_ws(E'\\x1f', first_name, last_name, coalesce(birth_on::text, ''), street, postcode,
                city, email, phone), 0) AS fingerprint
        FROM customers_customer WHERE merged_into_id IS NULL
    )
    SELECT p.id AS unique_id, first_name, last_name, birth_on, street, postcode, city, email, phone, p.fingerprint,
        c.fingerprint IS DISTINCT FROM p.fingerprint OR o.id IS NOT NULL AS is_new
    FROM present p LEFT JOIN duplicates_compared c ON c.customer_id = p.id LEFT JOIN open o ON o.id = p.id
) TO STDOUT (FORMAT csv, HEADER)
"""
_TYPES = {
    "unique_id": pa.int64(), **dict.fromkeys(SOURCES, pa.string()), "birth_on": pa.date32(), "fingerprint": pa.int64(),
    "is_new": pa.bool_(),
}  # fmt: skip


def customers() -> pa.Table:
    """Who is present: unique_id, the columns compared, `fingerprint`, and `is_new` where these changed since."""
    with tempfile.TemporaryFile() as file, connection.cursor() as cursor:
        with cursor.copy(_CUSTOMERS) as copy:
            for block in copy:
                file.write(block)
        file.seek(0)
        return _read(file)


def _read(file: Any) -> pa.Table:
    return pyarrow.csv.read_csv(
        file,
        parse_options=pyarrow.csv.ParseOptions(newlines_in_values=True),
        convert_options=pyarrow.csv.ConvertOptions(column_types=_TYPES, true_values=["t"], false_values=["f"]),
    )
