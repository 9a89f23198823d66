"""Links to a guide that know who opens them: signed, like those of unsubscribing, and good for nothing else."""

from __future__ import annotations

from cordiale.consent import links
from cordiale.customers.golden import survivors
from cordiale.customers.models import Customer
from cordiale.errors import NotFound

_PURPOSE, _CHANNEL = "guide", "web"


def token(customer_id: int) -> str:
    """What `?c=` of a guide's address says of a customer."""
    return links.sign(links.Reference(customer_id, _PURPOSE, _CHANNEL))


def find_customer(given: str) -> Customer | None:
    """Who a token stands for; None for none, one of another kind, or who may not be asked (restricted, erased)."""
    try:
        reference = links.read(given)
    except NotFound:
        return None
    number = survivors([reference.customer_id]).get(reference.customer_id)
    if number is None or (reference.purpose, reference.channel) != (_PURPOSE, _CHANNEL):
        return None
    return Customer.objects.filter(pk=number, restricted_at__isnull=True).first()
