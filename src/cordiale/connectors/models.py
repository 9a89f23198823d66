"""Shops and tables we are connected to, and what they sent us."""

from __future__ import annotations

from typing import ClassVar

from django.contrib.postgres.fields import ArrayField
from django.contrib.postgres.indexes import GinIndex
from django.db import models
from django.utils.translation import gettext_lazy as _


class Kind(models.TextChoices):
    WOOCOMMERCE = "woocommerce", "WooCommerce"
    SHOPIFY = "shopify", "Shopify"
    PRESTASHOP = "prestashop", "PrestaShop"
    GENERIC = "generic", _("Any system that can call an address")
    POSTGRESQL = "postgresql", "PostgreSQL"
    MYSQL = "mysql", "MySQL / MariaDB"
    DUCKDB = "duckdb", _("DuckDB file")
    PARQUET = "parquet", _("Parquet files")


PULLED = frozenset({Kind.POSTGRESQL, Kind.MYSQL, Kind.DUCKDB, Kind.PARQUET})


class Connector(models.Model):
    """One shop or table. `secret` says where the signing secret or the address with its password is kept.

    `settings` holds what is no secret (`rules.settings` says which); `checkpoint` how far a pull has come.
    """

    name = models.SlugField(max_length=40, unique=True)
    kind = models.CharField(max_length=20, choices=Kind.choices)
    token = models.CharField(max_length=64, unique=True)
    secret = models.CharField(max_length=120)
    settings = models.JSONField(default=dict)
    checkpoint = models.JSONField(default=dict)
    created_at = models.DateTimeField()
    pulled_at = models.DateTimeField(null=True)

    def __str__(self) -> str:
        return self.name

    @property
    def is_pulled(self) -> bool:
        """Do we ask it, rather than it telling us?"""
        return self.kind in PULLED


class State(models.TextChoices):
    WAITING = "waiting", _("Waiting")
    DONE = "done", _("Taken")
    DEAD = "dead", _("Could not be taken")


class Inbound(models.Model):
    """One thing sent to us: a delivery of a shop, or a pulled batch or row.

    `body` is what was sent, deleted thirty days after it was taken in (a pulled one at once); `customer_ids` whom it
    was about. `facts` are events and answers it told, by table, until the lake has them: under the number `batch`.
    """

    connector = models.ForeignKey(Connector, on_delete=models.CASCADE, related_name="deliveries")
    key = models.CharField(max_length=64)
    topic = models.CharField(max_length=100, blank=True)
    origin = models.CharField(max_length=200, blank=True)
    body = models.BinaryField(null=True)
    received_at = models.DateTimeField()
    state = models.CharField(max_length=10, choices=State.choices, default=State.WAITING)
    attempts = models.IntegerField(default=0)
    due_at = models.DateTimeField()
    settled_at = models.DateTimeField(null=True)
    reason = models.CharField(max_length=500, blank=True)
    customer_ids = ArrayField(models.BigIntegerField(), default=list)
    facts = models.JSONField(null=True)
    batch = models.BigIntegerField(null=True)

    class Meta:
        constraints: ClassVar = [models.UniqueConstraint(fields=["connector", "key"], name="inbound_once")]
        indexes: ClassVar = [
            models.Index(fields=["due_at"], condition=models.Q(state="waiting"), name="inbound_waiting"),
            models.Index(fields=["id"], condition=models.Q(facts__isnull=False), name="inbound_facts_wait"),
            models.Index(fields=["connector", "-received_at"], name="inbound_latest"),
            GinIndex(fields=["customer_ids"], name="inbound_customers"),
        ]


class SeenFact(models.Model):
    """Keys of the events and answers connectors ever brought, so that none counts twice however often it is sent."""

    key = models.UUIDField(primary_key=True)


class Batch(models.Model):
    """A number for what goes to the lake in one commit; numbers only grow."""

    id = models.BigAutoField(primary_key=True)
