"""Which pairs are compared at all: those that share a key, unless so many share it that it says nothing."""

from __future__ import annotations

LARGEST_BLOCK = 120
"""Records that share one key at most for it to bring them together: a switchboard, a campus, the one town of a demo."""

_NAMES = "least(first_name, last_name) || '|' || greatest(first_name, last_name)"
KEYS = {
    "names and birth": f"{_NAMES} || '|' || birth_on",
    "last name and birth": "last_name || '|' || birth_on",
    "first name and birth": "first_name || '|' || birth_on",
    "email": "loose_email",
    "phone": "phone",
    "names and postcode": f"{_NAMES} || '|' || postcode",
    "names and city": f"{_NAMES} || '|' || city",
    "birth and postcode": "birth_on || '|' || postcode",
    "street and postcode": "street || '|' || postcode",
    "street and initial": "street || '|' || left(first_name, 1)",
    "email name": "local_part || '|' || left(first_name, 1)",
}
"""A key is null, and brings nobody together, where any of its values is missing."""


def pairs_sql(records: str, *, only_new: bool) -> str:
    """A SELECT of `join_key_l < join_key_r` (each pair once): sharing a key, one of both new where asked."""
    return " UNION ".join(_pairs(records, key, only_new) for key in KEYS.values())


def _pairs(records: str, key: str, only_new: bool) -> str:
    one_is_new = "AND (l.is_new OR r.is_new)" if only_new else ""
    keyed = f"SELECT unique_id, is_new, {key} AS key FROM {records} WHERE {key} IS NOT NULL"
    return f"""
        SELECT l.unique_id AS join_key_l, r.unique_id AS join_key_r
        FROM ({keyed}) AS l JOIN ({keyed}) AS r ON l.key = r.key AND l.unique_id < r.unique_id {one_is_new}
        WHERE l.key IN (
            SELECT key FROM ({keyed}) GROUP BY key
            HAVING count(*) BETWEEN 2 AND {LARGEST_BLOCK} {"AND bool_or(is_new)" if only_new else ""}
        )
    """
