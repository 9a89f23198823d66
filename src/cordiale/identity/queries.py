"""Who a value points to, and which numbers are one person's."""

from __future__ import annotations

from collections.abc import Iterable

from cordiale.identity import rules, tables
from cordiale.identity.matching import holders

_FAMILY = """
WITH members AS (SELECT id FROM customers_customer WHERE id = %s OR merged_into_id = %s)
SELECT id FROM members UNION SELECT a.alias_id FROM identity_alias a JOIN members ON a.customer_id = members.id
"""
_SURVIVORS = """
SELECT n.id, coalesce(c.merged_into_id, d.merged_into_id, a.customer_id, n.id)
FROM unnest(%s::bigint[]) AS n (id) LEFT JOIN customers_customer c ON c.id = n.id
LEFT JOIN identity_alias a ON a.alias_id = n.id LEFT JOIN customers_customer d ON d.id = a.customer_id
"""


def resolve(kind: str, value: str) -> int | None:
    """The number of the customer that `value` points to, merges followed; None where nobody has it."""
    found = holders(kind, [rules.canonical(kind, value)])
    return survivors([found[0][1]])[found[0][1]] if found else None


def family(customer_id: int) -> list[int]:
    """The number itself, first, and those read as it: of customers merged into it, of visits before signing in."""
    found = {number for (number,) in tables.rows(_FAMILY, customer_id, customer_id)}
    return [customer_id, *sorted(found - {customer_id})]


def survivors(numbers: Iterable[int]) -> dict[int, int]:
    """Whom each number is read as today: itself, whom it was merged into, or whose visits they turned out to be."""
    return dict(tables.rows(_SURVIVORS, sorted(set(numbers))))
