"""Who a value points to."""

from __future__ import annotations

from cordiale.customers.models import Customer
from cordiale.identity import rules
from cordiale.identity.models import Alias, Identity


def resolve(kind: str, value: str) -> int | None:
    """The number of the customer that `value` points to, merges followed; None where nobody has it."""
    wanted = rules.canonical(kind, value)
    found = Identity.objects.filter(kind=kind, value=wanted).values_list("customer_id", flat=True).first()
    if found is None:
        return None
    return Alias.objects.filter(alias_id=found).values_list("customer_id", flat=True).first() or found


def family(customer_id: int) -> list[int]:
    """The number itself, first, and all the numbers whose facts are read as this customer's: merged ones, visitors."""
    merged = Customer.everyone.filter(merged_into_id=customer_id).exclude(pk=customer_id).values_list("pk", flat=True)
    aliases = Alias.objects.filter(customer_id=customer_id).values_list("alias_id", flat=True)
    return [customer_id, *sorted({*merged, *aliases} - {customer_id})]
