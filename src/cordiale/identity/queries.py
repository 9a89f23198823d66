"""Who a value points to."""

from __future__ import annotations

from cordiale.identity import rules
from cordiale.identity.models import Alias, Identity


def resolve(kind: str, value: str) -> int | None:
    """The number of the customer that `value` points to, merges followed; None where nobody has it."""
    wanted = rules.canonical(kind, value)
    found = Identity.objects.filter(kind=kind, value=wanted).values_list("customer_id", flat=True).first()
    if found is None:
        return None
    return Alias.objects.filter(alias_id=found).values_list("customer_id", flat=True).first() or found
