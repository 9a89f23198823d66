"""Taking back what a source said, and with it the customers of whom nobody says anything any more."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db import connection, models, transaction
from django.db.models import ProtectedError

from cordiale import clock
from cordiale.customers import golden
from cordiale.customers.models import Customer, Submission

AT_ONCE = 5_000
_SPOKEN_OF = """
SELECT DISTINCT customer_id FROM (
    SELECT customer_id FROM customers_submission WHERE source = %s LIMIT %s) AS first ORDER BY customer_id
"""
_LOCK = "SELECT FROM customers_customer WHERE id = ANY(%s) ORDER BY id FOR UPDATE"
# By the customer: all that a source said may be half the table.
_TAKE_BACK = "DELETE FROM customers_submission WHERE source || '' = %s AND customer_id = ANY(%s)"
_STILL = "SELECT DISTINCT customer_id FROM customers_submission WHERE customer_id = ANY(%s)"
Busy = Callable[[Sequence[int]], set[int]]


@dataclass(frozen=True, kw_only=True)
class Withdrawn:
    """What taking back some of what a source said did: customers whose record changed, those of whom nobody says
    anything any more, and who of these is gone."""

    changed: list[int]
    emptied: list[int]
    gone: list[int]


def withdraw_source(source: str, now: datetime, *, busy: Busy | None = None) -> Iterator[Withdrawn]:
    """Take back everything `source` said, part by part: each is whole when it is given. Called again it goes on.

    With `busy`, customers of whom nobody says anything any more are deleted, but for those it names (their numbers are
    asked of it) and those something refers to. Without, they stay, blank.
    """
    clock.require_aware(now)
    while ids := _numbers(_SPOKEN_OF, source, AT_ONCE):
        with transaction.atomic():
            part = _withdraw(source, ids, now, busy)
        yield part


def _withdraw(source: str, ids: list[int], now: datetime, busy: Busy | None) -> Withdrawn:
    heads = golden.survivors(ids)
    with connection.cursor() as cursor:  # whoever says something of them now is heard before, or waits
        cursor.execute(_LOCK, [sorted({*ids, *heads.values()})])
        cursor.execute(_TAKE_BACK, [source, ids])
    still = set(_numbers(_STILL, ids))
    emptied = [one for one in ids if one not in still]
    gone = discard(set(emptied) - busy(emptied)) if busy else []
    left = {head for one, head in heads.items()} - set(gone)
    changed = golden.reckon(list(golden.lock(left).values()), now)
    return Withdrawn(changed=changed, emptied=emptied, gone=gone)


def discard(customer_ids: Iterable[int]) -> list[int]:
    """Delete those of these customers of whom nobody says anything and to whom nothing refers; who is gone."""
    wanted = sorted(set(customer_ids))
    said = Submission.objects.filter(customer_id=models.OuterRef("pk"))
    free = Customer.everyone.filter(~models.Exists(said), merged_into__isnull=True, merged__isnull=True)
    for key in _protecting():
        refers = key.model._base_manager.filter(**{key.name: models.OuterRef("pk")})
        free = free.filter(~models.Exists(refers))
    gone: list[int] = []
    for start in range(0, len(wanted), AT_ONCE):
        with transaction.atomic():
            part = free.filter(id__in=wanted[start : start + AT_ONCE]).order_by("id").select_for_update(of=("self",))
            gone += _delete([one.id for one in part.only("id")])
    return gone


def _protecting() -> list[models.Field[Any, Any]]:
    """The keys that keep whom they point to from being deleted: asked beforehand, once for thousands."""
    relations = [one for one in Customer._meta.get_fields(include_hidden=True) if isinstance(one, models.ManyToOneRel)]
    return [one.field for one in relations if one.on_delete is models.PROTECT and one.field.model is not Customer]


def _delete(ids: list[int]) -> list[int]:
    """Delete all that can go. Where something further off keeps one, halves are tried, down to the one it keeps."""
    if not ids:
        return []
    try:
        with transaction.atomic():
            Customer.everyone.filter(id__in=ids).delete()
    except ProtectedError:
        middle = len(ids) // 2
        return _delete(ids[:middle]) + _delete(ids[middle:]) if middle else []
    return ids


def _numbers(sql: str, *bound: Any) -> list[int]:
    with connection.cursor() as cursor:
        cursor.execute(sql, bound)
        return [number for (number,) in cursor.fetchall()]
