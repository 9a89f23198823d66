"""Values that point to a customer, browsers not known yet, merges."""

from __future__ import annotations

from typing import ClassVar

from django.db import models
from django.db.models import F, Q


class Identity(models.Model):
    """One value that points to a customer: reference, card, email, phone.

    `customer_id` is the customer the value was told of; where he is merged, reads follow `Customer.merged_into`. That
    way a merge moves no value, and what is told by it afterwards goes back with it.
    """

    pk = models.CompositePrimaryKey("kind", "value")
    kind = models.CharField(max_length=20)
    value = models.CharField(max_length=254)
    customer_id = models.BigIntegerField(db_index=True)
    source = models.CharField(max_length=80)
    created_at = models.DateTimeField()

    class Meta:
        # Loads look there; the index of all values by customer is set aside while a base is filled.
        indexes: ClassVar = [
            models.Index(fields=["customer_id"], condition=Q(kind="reference"), name="identity_references")
        ]


class Conflict(models.Model):
    """A value of one customer (`holder_id`) that was given for another (`claimant_id`), with what spoke against one.

    `reason` is one of `rules.telling.REASONS`. While it stands, a row with that value and the claimant's name is his.
    """

    kind = models.CharField(max_length=20)
    value = models.CharField(max_length=254)
    holder_id = models.BigIntegerField(db_index=True)
    claimant_id = models.BigIntegerField(db_index=True)
    reason = models.CharField(max_length=20)
    source = models.CharField(max_length=80)
    created_at = models.DateTimeField(db_index=True)
    settled_at = models.DateTimeField(null=True)
    settled_by = models.CharField(max_length=254, blank=True)

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["kind", "value", "claimant_id"], name="conflict_is_told_once")
        ]


class Visitor(models.Model):
    """A browser nobody signed in with yet: a number of the customers' sequence without a profile.

    Where several people use the browser, what happens there unsigned from the second one on is a second visitor's
    (`is_shared`), who never becomes anybody.
    """

    id = models.BigIntegerField(primary_key=True)
    anonymous_id = models.CharField(max_length=254)
    is_shared = models.BooleanField(default=False)
    created_at = models.DateTimeField()

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["anonymous_id", "is_shared"], name="visitor_is_one_browser")
        ]


class Sighting(models.Model):
    """When a customer was first seen with a browser, as far as events told so far."""

    anonymous_id = models.CharField(max_length=254)
    customer_id = models.BigIntegerField(db_index=True)
    at = models.DateTimeField()

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["anonymous_id", "customer_id"], name="sighting_is_the_first")
        ]


class Alias(models.Model):
    """Facts recorded under `alias_id` are read as `customer`'s. History itself is never rewritten by a merge.

    One that points to itself was undone; it is dropped once the lake was told (`is_published`).
    """

    alias_id = models.BigIntegerField(primary_key=True)
    customer_id = models.BigIntegerField(db_index=True)
    created_at = models.DateTimeField()
    reason = models.CharField(max_length=120)
    is_published = models.BooleanField(default=False)

    class Meta:
        indexes: ClassVar = [
            models.Index(fields=["alias_id"], condition=Q(is_published=False), name="alias_waits_for_the_lake")
        ]


class Merge(models.Model):
    """One customer hidden behind another. `undo` holds what each package needs to give back, by its part's name."""

    survivor_id = models.BigIntegerField(db_index=True)
    merged_id = models.BigIntegerField(db_index=True)
    at = models.DateTimeField(db_index=True)
    actor = models.CharField(max_length=254)
    reason = models.CharField(max_length=200, blank=True)
    undo = models.JSONField(default=dict)
    undone_at = models.DateTimeField(null=True)
    undone_by = models.CharField(max_length=254, blank=True)

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["merged_id"], condition=Q(undone_at=None), name="merged_into_one_at_a_time"
            ),
            models.CheckConstraint(condition=~Q(survivor_id=F("merged_id")), name="merge_is_of_two"),
        ]
