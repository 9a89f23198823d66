"""The golden record of a customer, and what it is made of."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar

from django.db import models
from django.db.models import F, Q


class PresentCustomers(models.Manager["Customer"]):
    """Customers that are neither merged into another nor erased."""

    def get_queryset(self) -> models.QuerySet[Customer]:
        """Only who is present."""
        return super().get_queryset().filter(merged_into__isnull=True)


class Customer(models.Model):
    """A person we know; a prospect until the first purchase.

    The columns are the golden record: the fold of the submissions (`cordiale.customers.survivorship`).
    `sources` keeps where each value came from and when: `{"email": {"source": "synthetic", "at": "2026-01-05T…Z"}}`,
    or `{"*": …}` where all values have the same origin; ask `origin`. A value whose source is `synthetic` is marked so
    wherever it shows. `declared` holds every field that is no column (interests, household, income band …).

    A merged customer points to the one it was merged into; an erased one is blank and points to itself, so that
    `merged_into_id is null` is all that SQL needs to say to leave both out. `objects` leaves them out, `everyone` not.
    """

    reference = models.CharField(max_length=64, db_collation="C")
    first_name = models.CharField(max_length=80, blank=True)
    last_name = models.CharField(max_length=80, blank=True)
    email = models.EmailField(blank=True, db_collation="C")
    phone = models.CharField(max_length=32, blank=True, db_collation="C")
    birth_on = models.DateField(null=True)
    street = models.CharField(max_length=120, blank=True)
    postcode = models.CharField(max_length=16, blank=True)
    city = models.CharField(max_length=80, blank=True)
    country = models.CharField(max_length=2, default="FR")
    language = models.CharField(max_length=5, default="fr")
    timezone = models.CharField(max_length=64, default="Europe/Paris")
    declared = models.JSONField(default=dict)
    sources = models.JSONField(default=dict)
    created_at = models.DateTimeField()
    updated_at = models.DateTimeField()
    # Two triggers see to it that he is there, for merged customers alone: PostgreSQL's key would check every new row.
    merged_into = models.ForeignKey(
        "self", on_delete=models.PROTECT, null=True, related_name="merged", db_index=False, db_constraint=False
    )
    restricted_at = models.DateTimeField(null=True)
    erased_at = models.DateTimeField(null=True)

    objects: ClassVar[PresentCustomers] = PresentCustomers()
    everyone: ClassVar[models.Manager[Customer]] = models.Manager()

    class Meta:
        base_manager_name = "everyone"
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["reference"], name="customer_reference_is_unique"),
            models.CheckConstraint(
                condition=Q(erased_at__isnull=True) | Q(merged_into=F("id")), name="erased_customer_is_hidden"
            ),
        ]
        indexes: ClassVar = [
            models.Index(fields=["last_name", "first_name"]),
            models.Index(fields=["email"]),
            models.Index(fields=["phone"], name="customers_phone"),
            models.Index(fields=["merged_into"], name="customers_merged", condition=Q(merged_into__isnull=False)),
        ]

    def __str__(self) -> str:
        return self.full_name or self.reference

    @property
    def full_name(self) -> str:
        """First and last name, empty where neither is known."""
        return f"{self.first_name} {self.last_name}".strip()

    def origin(self, field: str) -> Mapping[str, Any]:
        """`{"source": …, "at": …}` of a field (`declared.pets` of what is no column); empty where nobody knows."""
        found: Mapping[str, Any] = self.sources.get(field) or self.sources.get("*") or {}
        return found


class Submission(models.Model):
    """What one source said of one customer at one moment; never changed. A value of null says that there is none."""

    pk = models.CompositePrimaryKey("customer_id", "id")
    id = models.BigIntegerField()  # given by PostgreSQL, later ones are greater
    # Written in the transaction that created or locked the customer: PostgreSQL need not look again for each row.
    customer = models.ForeignKey(
        Customer, on_delete=models.CASCADE, related_name="submissions", db_index=False, db_constraint=False
    )
    source = models.CharField(max_length=80, blank=True)
    at = models.DateTimeField()
    certainty = models.FloatField(default=1.0)
    standing = models.CharField(max_length=6, default="normal")
    values = models.JSONField()
    received_at = models.DateTimeField()

    class Meta:
        indexes: ClassVar = [models.Index(fields=["source"], name="customers_submission_source")]
        constraints: ClassVar = [
            models.CheckConstraint(
                condition=Q(standing__in=("fill", "normal", "own")), name="submission_has_a_known_standing"
            ),
            models.CheckConstraint(
                condition=Q(certainty__gte=0) & Q(certainty__lte=1), name="submission_certainty_is_a_share"
            ),
        ]


class Word(models.Model):
    """A word that stands in somebody's name, folded; misspelt searches look here for what was meant."""

    word = models.CharField(max_length=161, primary_key=True, db_collation="C")
