"""Values that point to a customer, and aliases of merged customers."""

from __future__ import annotations

from typing import ClassVar

from django.db import models


class Identity(models.Model):
    """One value that points to a customer: reference, email, phone, card, anonymous id."""

    customer = models.ForeignKey("customers.Customer", on_delete=models.CASCADE, related_name="identities")
    kind = models.CharField(max_length=20)
    value = models.CharField(max_length=254)
    source = models.CharField(max_length=40)
    created_at = models.DateTimeField()

    class Meta:
        constraints: ClassVar = [models.UniqueConstraint(fields=["kind", "value"], name="identity_points_to_one")]


class Alias(models.Model):
    """Facts recorded under `alias_id` are read as `customer`'s. History itself is never rewritten by a merge."""

    alias_id = models.BigIntegerField(primary_key=True)
    customer = models.ForeignKey("customers.Customer", on_delete=models.CASCADE, related_name="aliases")
    created_at = models.DateTimeField()
    reason = models.CharField(max_length=120)
