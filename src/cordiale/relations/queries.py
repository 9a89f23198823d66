"""Reads of relations."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from django.db.models import Q, Value
from django.db.models.functions import Lower, Trim
from django.utils.functional import Promise

from cordiale.customers.models import Customer
from cordiale.relations.models import Kind, Relation
from cordiale.relations.rules import BACKWARD, FORWARD

MOST = 50
SUGGESTED_AT_MOST = 5


@dataclass(frozen=True)
class Related:
    """A relation as one customer sees it."""

    id: int
    kind: str
    label: str | Promise
    is_forward: bool
    customer: Customer
    since: datetime
    until: datetime | None
    source: str


def relations(customer_id: int) -> list[Related]:
    """Relations of a customer to people who are present, those that stand first; at most 50."""
    found = (
        Relation.objects.filter(
            Q(one=customer_id, other__merged_into=None) | Q(other=customer_id, one__merged_into=None)
        )
        .select_related("one", "other")
        .order_by("until", "-since", "id")
    )
    standing = list(found.filter(until=None)[:MOST])
    over = list(found.exclude(until=None).order_by("-until", "id")[: MOST - len(standing)])
    return [_seen(one, customer_id) for one in (*standing, *over)]


def _seen(one: Relation, customer_id: int) -> Related:
    is_forward = one.one_id == customer_id
    return Related(
        id=one.pk, kind=one.kind, label=(FORWARD if is_forward else BACKWARD)[one.kind], is_forward=is_forward,
        customer=one.other if is_forward else one.one, since=one.since, until=one.until, source=one.source,
    )  # fmt: skip


def household(customer_id: int) -> list[int]:
    """Everybody of the customer's household, the customer first: who lives with somebody who lives with him."""
    found, latest = {customer_id}, {customer_id}
    while latest:
        pairs = Relation.objects.filter(
            Q(one__in=latest) | Q(other__in=latest), kind=Kind.HOUSEHOLD, until=None,
            one__merged_into=None, other__merged_into=None,
        ).values_list("one_id", "other_id")  # fmt: skip
        latest = {number for pair in pairs for number in pair} - found
        found |= latest
    return [customer_id, *sorted(found - {customer_id})]


def suggested(customer: Customer) -> list[Customer]:
    """Who may live with the customer: the same last name at the same street and postcode, and not said yet."""
    if not (customer.last_name and customer.street and customer.postcode):
        return []
    same = Customer.objects.filter(postcode=customer.postcode, last_name__iexact=customer.last_name.strip())
    same = same.annotate(way=Lower(Trim("street"))).filter(way=Lower(Trim(Value(customer.street))))
    return list(same.exclude(id__in=household(customer.id)).order_by("id")[:SUGGESTED_AT_MOST])
