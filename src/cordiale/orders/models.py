"""Orders that are told of bit by bit: what was said, and the lines it makes."""

from __future__ import annotations

from typing import ClassVar

from django.db import models
from django.db.models import F, Q


class Order(models.Model):
    """One order: everything told of it (`rules.told.OrderTold` as JSON, with `heard_at`) and the state that makes.

    `revision` counts how often its lines changed; the lake has those of revision `written`. A smaller `written` means
    that the lake is still to be told. `customer_id` is the number the lines are written under (None while only a refund
    or a cancellation is known); who that is today, `identity` says. Orders that came in bulk are in the lake alone
    until something is told of them.
    """

    order_id = models.CharField(max_length=200, primary_key=True)
    customer_id = models.BigIntegerField(null=True, db_index=True)
    source = models.CharField(max_length=80, blank=True)
    status = models.CharField(max_length=20)
    placed_at = models.DateTimeField(null=True)
    paid = models.DecimalField(max_digits=14, decimal_places=2, default=0)
    refunded = models.DecimalField(max_digits=14, decimal_places=2, default=0)
    told = models.JSONField(default=list)
    lines = models.JSONField(default=list)
    notes = models.JSONField(default=list)
    revision = models.PositiveIntegerField(default=0)
    written = models.PositiveIntegerField(default=0)
    updated_at = models.DateTimeField()

    class Meta:
        indexes: ClassVar = [
            models.Index(fields=["order_id"], name="order_is_to_be_written", condition=Q(written__lt=F("revision")))
        ]
