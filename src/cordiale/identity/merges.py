"""Two customers turn out to be one, and turn out not to be: nothing is lost between."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from django.db import transaction
from django.db.models import Q

from cordiale import clock
from cordiale.accounts.actions import audit
from cordiale.accounts.models import Staff
from cordiale.customers import actions as customers
from cordiale.customers import fields
from cordiale.customers.models import Customer
from cordiale.customers.signals import customers_changed
from cordiale.errors import NotFound, Refused
from cordiale.identity import aliases, merging, tables
from cordiale.identity.models import Merge

_UNSAID = "record"
"""In `Merge.undo`: the survivor's values that no submission says, which a fold could not give back."""


@transaction.atomic
def merge(survivor_id: int, merged_id: int, *, actor: Staff | str, reason: str, now: datetime) -> Merge:
    """Hide one customer behind another, who from now on has the history and the values of both.

    Raises NotFound for a number nobody has; Refused for the same, merged, erased and restricted customers.
    """
    moment = clock.require_aware(now)
    tables.lock()
    _check(survivor_id, merged_id)
    made = Merge(survivor_id=survivor_id, merged_id=merged_id, at=moment, actor=str(actor), reason=reason[:200])
    _do(made, moment)
    _tell([survivor_id, merged_id], actor, "merge", {"survivor": survivor_id, "reason": reason}, moment)
    return made


@transaction.atomic
def unmerge(merged_id: int, *, actor: Staff | str, now: datetime) -> Merge:
    """Take a merge back: both are as they were, with what was told of each since.

    Later merges of the same family are taken back first and made again afterwards, so that every part of the product
    undoes its last step only. Raises NotFound where the customer is not merged.
    """
    moment = clock.require_aware(now)
    tables.lock()
    found = Merge.objects.filter(merged_id=merged_id, undone_at=None).first()
    if found is None:
        raise NotFound(f"customer {merged_id} is not merged into another; see 'customers show'")
    later = _later(found)
    for one in reversed(later):
        _undo(one, moment)
    _undo(found, moment)
    found.undone_at, found.undone_by = moment, str(actor)
    found.save(update_fields=["undone_at", "undone_by"])
    for one in later:
        _do(one, moment)
    _tell([found.survivor_id, merged_id], actor, "unmerge", {"survivor": found.survivor_id}, moment)
    return found


def _check(survivor_id: int, merged_id: int) -> None:
    if survivor_id == merged_id:
        raise Refused("a customer cannot be merged into itself; choose two")
    chosen = Customer.everyone.filter(id__in=[survivor_id, merged_id]).select_for_update().order_by("id")
    found = {one.id: one for one in chosen}
    for number in (survivor_id, merged_id):
        if number not in found:
            raise NotFound(f"there is no customer {number}; look for one with 'customers find'")
        one = found[number]
        if one.erased_at:
            raise Refused(f"customer {number} has been erased; nothing of them is left to merge")
        if one.merged_into_id:
            raise Refused(f"customer {number} is merged into {one.merged_into_id} already; merge that one, or undo it")
        if one.restricted_at:
            raise Refused(f"customer {number} asked for restriction of processing; lift it before merging")


def _later(first: Merge) -> list[Merge]:
    """The merges made after `first` within the family it is in today, oldest first."""
    head = Customer.everyone.get(id=first.merged_id).merged_into_id
    family = list(Customer.everyone.filter(merged_into=head).values_list("id", flat=True))
    return list(Merge.objects.filter(merged_id__in=family, undone_at=None, id__gt=first.id).order_by("id"))


def _do(one: Merge, now: datetime) -> None:
    survivor, merged = one.survivor_id, one.merged_id
    unsaid = _unsaid(Customer.everyone.get(id=survivor))
    Customer.everyone.filter(Q(id=merged) | Q(merged_into=merged)).update(merged_into=survivor)
    aliases.point([(merged, survivor)], "merged", now)
    one.save()  # parts read who was merged, and when
    one.undo = {part.name: part.merge(survivor, merged, now) for part in merging.registered()} | {_UNSAID: unsaid}
    one.save()
    customers.reckon([survivor], now)


def _undo(one: Merge, now: datetime) -> None:
    survivor, merged = one.survivor_id, one.merged_id
    beneath = _beneath(merged)
    Customer.everyone.filter(id=merged).update(merged_into=None)
    Customer.everyone.filter(id__in=beneath).update(merged_into=merged)
    aliases.detach([merged])
    for part in reversed(merging.registered()):
        if part.name in one.undo:
            part.unmerge(survivor, merged, one.undo[part.name], now)
    _say_again(survivor, one.undo.get(_UNSAID) or {})
    customers.reckon([survivor, merged], now)


def _beneath(number: int) -> list[int]:
    """The customers merged into this one, and into those."""
    found: list[int] = []
    latest: Sequence[int] = [number]
    while latest:
        latest = list(Merge.objects.filter(survivor_id__in=latest, undone_at=None).values_list("merged_id", flat=True))
        found += latest
    return found


def _unsaid(customer: Customer) -> dict[str, Any]:
    """The values of a record whose origin nobody knows, as JSON."""
    known = {name: str(value) for name in fields.CORE if (value := getattr(customer, name)) not in (None, "")}
    return {
        "columns": {name: value for name, value in known.items() if not customer.origin(name)},
        "declared": {
            name: value for name, value in customer.declared.items() if not customer.origin(f"declared.{name}")
        },
    }


def _say_again(survivor_id: int, unsaid: dict[str, Any]) -> None:
    """Give unsaid values back their place; where somebody has spoken of them since, folding puts that over them."""
    customer = Customer.everyone.get(id=survivor_id)
    for name, value in unsaid.get("columns", {}).items():
        setattr(customer, name, value)
        customer.sources.pop(name, None)
    for name, value in unsaid.get("declared", {}).items():
        customer.declared[name] = value
        customer.sources.pop(f"declared.{name}", None)
    if unsaid.get("columns") or unsaid.get("declared"):
        customer.save()


def _tell(numbers: list[int], actor: Staff | str, verb: str, detail: dict[str, Any], now: datetime) -> None:
    audit("customer", str(numbers[1]), verb, actor, detail, now)
    customers_changed.send(sender=Customer, customer_ids=numbers, fields=["merged_into"], is_new=False, now=now)
