"""Verbs on relations."""

from __future__ import annotations

from datetime import datetime

from django.db import transaction

from cordiale import clock
from cordiale.accounts.actions import audit
from cordiale.accounts.models import Staff
from cordiale.customers.models import Customer
from cordiale.errors import CordialeError, NotFound, Refused
from cordiale.identity.queries import survivors
from cordiale.relations.models import Kind, Relation
from cordiale.relations.rules import ordered


@transaction.atomic
def relate(kind: str, one_id: int, other_id: int, *, source: str, actor: Staff | str, now: datetime) -> Relation:
    """Say that `one` is in a relation to `other` since `now`; what stands already stays as it is.

    Raises CordialeError for an unknown kind, NotFound for a customer nobody knows, Refused for the same person.
    """
    moment = clock.require_aware(now)
    if kind not in Kind.values:
        raise CordialeError(f"'{kind}' is no kind of relation; it takes {', '.join(Kind.values)}")
    seen = survivors([one_id, other_id])
    one, other = ordered(kind, seen[one_id], seen[other_id])
    if one == other:
        raise Refused("a customer has no relation to themselves; choose two")
    found = Customer.objects.select_for_update(no_key=True).filter(id__in=[one, other]).order_by("id")
    if missing := {one, other} - {each.id for each in found}:
        raise NotFound(f"there is no customer {missing.pop()}; look for one with 'customers find'")
    relation, is_new = Relation.objects.get_or_create(
        kind=kind, one_id=one, other_id=other, until=None, defaults={"since": moment, "source": source[:80]}
    )
    if is_new:
        audit("customer", str(one), "relate", actor, {"kind": kind, "other": other}, moment)
    return relation


@transaction.atomic
def end(relation_id: int, *, actor: Staff | str, now: datetime) -> Relation:
    """Say that a relation is over; it stays in the history. Raises NotFound."""
    moment = clock.require_aware(now)
    relation = Relation.objects.select_for_update().filter(id=relation_id).first()
    if relation is None:
        raise NotFound(f"there is no relation {relation_id}; it may have been erased with its customer")
    if relation.until is None:
        relation.until = moment
        relation.save(update_fields=["until"])
        audit("customer", str(relation.one_id), "end relation", actor, {"kind": relation.kind}, moment)
    return relation
