"""Products, and the versions of the fitted model."""

from __future__ import annotations

from typing import ClassVar

from django.db import models
from django.db.models import Q


class Product(models.Model):
    """What can be recommended. Codes (`id`, category, brand) are those of order lines; `titles` are by language.

    `margin` is the share of the price that stays (0.3: 30 %), `price` in the company's currency; empty where unknown.
    `source` says who told last: `orders` for what was only seen in order lines, which a telling never overwrites back.
    """

    id = models.CharField(max_length=200, primary_key=True, db_collation="C")
    titles = models.JSONField(default=dict)
    category = models.CharField(max_length=200, blank=True)
    department = models.CharField(max_length=200, blank=True)
    brand = models.CharField(max_length=200, blank=True)
    price = models.DecimalField(max_digits=12, decimal_places=2, null=True)
    margin = models.FloatField(null=True)
    is_in_stock = models.BooleanField(default=True)
    is_excluded = models.BooleanField(default=False)
    url = models.CharField(max_length=500, blank=True)
    image = models.CharField(max_length=500, blank=True)
    attributes = models.JSONField(default=dict)
    source = models.CharField(max_length=80)
    updated_at = models.DateTimeField()

    class Meta:
        constraints: ClassVar = [
            models.CheckConstraint(
                condition=Q(margin__isnull=True) | Q(margin__lte=1), name="product_margin_is_a_share"
            ),
            models.CheckConstraint(
                condition=Q(price__isnull=True) | Q(price__gte=0), name="product_price_is_not_negative"
            ),
        ]
        indexes: ClassVar = [models.Index(fields=["category"], name="product_category")]

    def __str__(self) -> str:
        return self.id


class Fit(models.Model):
    """One version of the model: what it was fitted on (facts before `fitted_at`), how it did, and its file in the home.

    The newest is in force. `gate` says what was too little for more than popularity, empty when it was enough.
    `report` holds NDCG@10 of the method and of its rivals with intervals.
    """

    fitted_at = models.DateTimeField()
    method = models.CharField(max_length=40)
    file = models.CharField(max_length=80)
    products = models.PositiveIntegerField()
    customers = models.PositiveIntegerField()
    orders = models.PositiveBigIntegerField()
    gate = models.JSONField(default=list)
    report = models.JSONField(default=dict)
    tuning = models.JSONField(default=dict)
    seconds = models.FloatField()
