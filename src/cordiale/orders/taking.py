"""Statements about orders: kept, reckoned, and given to the lake.

What is told and the lines it makes are kept in PostgreSQL first; once that is committed the lake is told, and told
again until it has them. So a crash leaves nothing to mend but a repetition, and the order of arrival does not matter.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any

import msgspec
from django.db import transaction
from django.db.models import F

from cordiale import clock
from cordiale.company import company
from cordiale.facts import contracts
from cordiale.jobs import daily
from cordiale.lake import open_lake
from cordiale.orders import arrow
from cordiale.orders.models import Order
from cordiale.orders.rules import told as telling
from cordiale.orders.rules.folding import WAITING, fold
from cordiale.orders.rules.told import OrderTold
from cordiale.orders.taken import Taken

_CHUNK = 5_000


def take(rows: Sequence[OrderTold], now: datetime) -> Taken:
    """Take statements about orders; what that changed. Taking them again, or in another order, changes nothing more.

    The lake has the lines once the caller's transaction is committed, `write_due` otherwise. Raises OrderRefused for
    the first statement that cannot be taken; none is taken then.
    """
    clock.require_aware(now)
    currency = company().currency
    for row in rows:
        telling.require(row, currency)
    with transaction.atomic():
        taken = _hear(_by_order(rows), now)
        transaction.on_commit(write_due)
    return taken


def register() -> None:
    """Called once, when Django is ready: what the lake could not be told at once is told every day."""
    daily.register(daily.Daily("orders", 5, lambda now: write_due()))


def write_due() -> int:
    """Tell the lake the lines it does not have yet; how many orders. May be killed and repeated at any moment."""
    total = 0
    while wrote := _write_some():
        total += wrote
    return total


def withdraw_source(source: str, now: datetime) -> int:
    """Forget what one source said of orders (the undo of an import); how many orders that changed."""
    with transaction.atomic():
        orders = list(
            Order.objects.select_for_update().filter(told__contains=[{"source": source}]).order_by("order_id")
        )
        for order in orders:
            order.told = [one for one in order.told if one["source"] != source]
        changed = _refold(orders, now)
        transaction.on_commit(write_due)
    return len(changed)


@transaction.atomic
def _write_some() -> int:
    due = Order.objects.select_for_update().filter(written__lt=F("revision")).order_by("order_id")
    orders = list(due[:_CHUNK])
    if not orders:
        return 0
    rows = arrow.lake_rows((order.order_id, order.lines) for order in orders)
    ids = [order.order_id for order in orders]
    open_lake().replace_orders(ids, contracts.check("order_lines", rows))
    Order.objects.filter(order_id__in=ids).update(written=F("revision"))
    return len(orders)


def _by_order(rows: Iterable[OrderTold]) -> dict[str, list[OrderTold]]:
    told: dict[str, list[OrderTold]] = defaultdict(list)
    for row in rows:
        told[row.order_id].append(row)
    return told


def _hear(told: dict[str, list[OrderTold]], now: datetime) -> Taken:
    if not told:
        return Taken()
    orders, fresh = _locked(sorted(told), now)
    _adopt(fresh, now)
    for order in orders:
        known = {_content(one) for one in order.told}
        for one in map(telling.as_json, told[order.order_id]):
            if _content(one) not in known:
                known.add(_content(one))
                order.told.append(one | {"heard_at": now.isoformat()})
    changed = _refold(orders, now)
    firsts = {order.pk for order in fresh}
    new = sum(1 for order in changed if order.pk in firsts)
    lines = sum(len(order.lines) for order in changed)
    return Taken(new, len(changed) - new, len(orders) - len(changed), lines)


def _locked(order_ids: Sequence[str], now: datetime) -> tuple[list[Order], list[Order]]:
    """The orders' rows, made where they are missing, locked in one order; and those nothing was told of before."""
    rows = [Order(order_id=order_id, status=WAITING, updated_at=now) for order_id in order_ids]
    Order.objects.bulk_create(rows, ignore_conflicts=True)
    orders = list(Order.objects.select_for_update().filter(order_id__in=order_ids).order_by("order_id"))
    return orders, [order for order in orders if not order.told]


def _adopt(orders: Sequence[Order], now: datetime) -> None:
    """Begin with the lines the lake has from elsewhere (a bulk import): stated at the time of the last of them."""
    found = open_lake().order_lines_of([order.order_id for order in orders]) if orders else None
    if found is None or not found.num_rows:
        return
    stated = {one.order_id: one for one in arrow.statements(found)}
    for order in orders:
        if order.order_id in stated:
            order.told = [telling.as_json(stated[order.order_id]) | {"heard_at": now.isoformat()}]


def _content(told: dict[str, Any]) -> bytes:
    """What was told, to know it again."""
    return msgspec.json.encode({name: value for name, value in told.items() if name != "heard_at"}, order="sorted")


def _refold(orders: Sequence[Order], now: datetime) -> list[Order]:
    """Reckon each order's state from what is told of it and keep it; those whose lines changed. Raises RowsRefused."""
    changed = [order for order in orders if _reckon(order, now)]
    contracts.check("order_lines", arrow.lake_rows((order.order_id, order.lines) for order in changed))
    names = [field.name for field in Order._meta.fields if not field.primary_key and field.name != "written"]
    Order.objects.bulk_update(orders, names, batch_size=1_000)
    return changed


def _reckon(order: Order, now: datetime) -> bool:
    state = fold(telling.from_json(one) for one in order.told)
    lines = arrow.as_json(state.lines)
    is_changed = bool(lines != order.lines)
    order.revision += is_changed
    order.customer_id, order.source, order.status = state.customer_id, state.source, state.status
    order.placed_at, order.paid, order.refunded = state.placed_at, state.paid, state.refunded
    order.lines, order.notes, order.updated_at = lines, list(state.notes), now
    return is_changed
