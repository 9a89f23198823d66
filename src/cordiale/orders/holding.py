"""What orders hold about a person: everything told of his orders. Their lines in the lake are the lake's to erase."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from cordiale.customers import holdings
from cordiale.orders.models import Order


def register() -> None:
    """Called once, when Django is ready."""
    holdings.register(holdings.Holding(name="orders", order=60, export=export, erase=erase))


def export(customer_ids: Sequence[int]) -> list[dict[str, Any]] | None:
    """His orders, the oldest first, with what was told of them."""
    names = ("order_id", "source", "status", "placed_at", "paid", "refunded", "told", "lines")
    rows = Order.objects.filter(customer_id__in=customer_ids).order_by("placed_at", "order_id").values(*names)
    return list(rows) or None


def erase(customer_ids: Sequence[int], now: datetime) -> int:
    """Delete his orders, and what was told under his numbers of orders that wait or became another's."""
    deleted, _ = Order.objects.filter(customer_id__in=customer_ids).delete()
    for order in _told_under(customer_ids):
        order.told = [one for one in order.told if one["customer_id"] not in customer_ids]
        if order.told:
            order.save(update_fields=["told"])
        else:
            order.delete()
        deleted += 1
    return deleted


def _told_under(customer_ids: Sequence[int]) -> list[Order]:
    found = {
        order.pk: order
        for number in customer_ids
        for order in Order.objects.select_for_update().filter(told__contains=[{"customer_id": number}])
    }
    return [found[pk] for pk in sorted(found)]
