"""What pages, commands and the API show of identifiers, conflicts and merges."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db.models import QuerySet

from cordiale.customers import fields, golden
from cordiale.customers.fields import Field
from cordiale.customers.models import Customer, Submission
from cordiale.customers.survivorship import fold
from cordiale.errors import NotFound, Refused
from cordiale.identity.matching import ROW
from cordiale.identity.models import Alias, Conflict, Identity, Merge, Sighting
from cordiale.identity.queries import family

MOST = 50


@dataclass(frozen=True)
class Identifier:
    """One value that points to a customer, with who told it first; `via` is the merged customer it was told of."""

    kind: str
    value: str
    source: str
    at: datetime | None
    via: int | None = None


def identifiers(customer: Customer) -> list[Identifier]:
    """Everything that points to a customer, the company's own reference first; at most 50 of what there is."""
    numbers = family(customer.id)
    own = Identifier("reference", customer.reference, "", customer.created_at)
    others = Customer.everyone.filter(merged_into=customer.id).exclude(id=customer.id).order_by("id")[:MOST]
    merged = [Identifier("reference", one.reference, "", one.created_at, one.id) for one in others]
    tied = Identity.objects.filter(customer_id__in=numbers).exclude(kind=ROW).exclude(value=customer.reference)
    return [
        own,
        *merged,
        *(_identifier(one, customer.id) for one in tied.order_by("created_at", "kind", "value")[:MOST]),
    ]


def _identifier(one: Identity, customer_id: int) -> Identifier:
    via = one.customer_id if one.customer_id != customer_id else None
    return Identifier(one.kind, one.value, one.source, one.created_at, via)


def browsers(customer_id: int) -> int:
    """With how many browsers the customer was seen."""
    return Sighting.objects.filter(customer_id__in=family(customer_id)).values("anonymous_id").distinct().count()


def visits(customer_id: int) -> int:
    """How many visitors turned out to be this customer."""
    return Alias.objects.filter(customer_id__in=family(customer_id), reason="identified").count()


def merges_of(customer_id: int) -> list[Merge]:
    """The merges that stand of a customer, newest first."""
    found = Merge.objects.filter(merged_id__in=family(customer_id), undone_at=None)
    return list(found.order_by("-at", "-id")[:MOST])


def merges() -> QuerySet[Merge]:
    """All merges, also those that were taken back, newest first."""
    return Merge.objects.order_by("-at", "-id")


def conflicts() -> QuerySet[Conflict]:
    """Values claimed by two customers who are still two, and nobody has settled; newest first."""
    merged = Merge.objects.filter(undone_at=None)
    erased = Customer.everyone.filter(erased_at__isnull=False).values("id")
    return (
        Conflict.objects.filter(settled_at=None)
        .exclude(holder_id__in=merged.values("merged_id"))
        .exclude(claimant_id__in=merged.values("merged_id"))
        .exclude(holder_id__in=erased)
        .order_by("-created_at", "-id")
    )


def people(numbers: Sequence[int]) -> dict[int, Customer]:
    """Customers by number, merged ones too."""
    return Customer.everyone.in_bulk(list(set(numbers)))


@dataclass(frozen=True)
class Line:
    """A field in the preview of a merge: what each knows, and what the survivor would know."""

    field: Field
    survivor: Any
    merged: Any
    result: Any

    @property
    def differs(self) -> bool:
        """Do the two say different things?"""
        return self.survivor not in (None, "") and self.merged not in (None, "") and self.survivor != self.merged


@dataclass(frozen=True)
class Preview:
    """Two customers side by side, and the record they would make."""

    survivor: Customer
    merged: Customer
    lines: list[Line]


def preview(survivor_id: int, merged_id: int) -> Preview:
    """What a merge would make of two customers; nothing is written. Raises NotFound, Refused."""
    found = Customer.objects.in_bulk([survivor_id, merged_id])
    for number in (survivor_id, merged_id):
        if number not in found:
            raise NotFound(f"there is no customer {number}, or it is merged already; look for one by name")
    if survivor_id == merged_id:
        raise Refused("a customer cannot be merged into itself; choose two")
    one, other = found[survivor_id], found[merged_id]
    said = Submission.objects.filter(customer_id__in=[*family(one.id), *family(other.id)])
    kept = fold([golden.as_said(each) for each in said], fields.rules())
    lines = [_line(field, one, other, kept) for field in fields.fields().values() if not field.is_sensitive]
    return Preview(one, other, [line for line in lines if any((line.survivor, line.merged, line.result))])


def _line(field: Field, one: Customer, other: Customer, kept: Any) -> Line:
    mine, theirs = _value(one, field), _value(other, field)
    result = kept[field.name].value if field.name in kept else mine
    return Line(field, mine, theirs, result)


def _value(customer: Customer, field: Field) -> Any:
    value = getattr(customer, field.name) if field.is_core else customer.declared.get(field.name)
    return value.isoformat() if field.type == "date" and value and not isinstance(value, str) else value
