"""Pairs that may be one person, what was compared when, and how a company decides about pairs."""

from __future__ import annotations

from typing import ClassVar

from django.db import models
from django.db.models import F, Q


class State(models.TextChoices):
    OPEN = "open"
    MERGED = "merged"
    REFUSED = "refused"


class Suggestion(models.Model):
    """Two customers who may be one person. `first_id` < `second_id`, so a pair stands once and keeps its number.

    `levels` tells by comparison what they share, never a value. `weight` is in bits, before doubts; null for
    a pair told apart before it was ever compared. `can_be_automatic` says nothing of references and restriction.
    """

    first = models.ForeignKey("customers.Customer", on_delete=models.CASCADE, related_name="+")
    second = models.ForeignKey("customers.Customer", on_delete=models.CASCADE, related_name="+")
    probability = models.FloatField()
    weight = models.FloatField(null=True)
    levels = models.JSONField(default=dict)
    can_be_automatic = models.BooleanField(default=False)
    state = models.CharField(max_length=8, choices=State, default=State.OPEN)
    found_at = models.DateTimeField()
    decided_at = models.DateTimeField(null=True)
    decided_by = models.CharField(max_length=254, blank=True)
    survivor_id = models.BigIntegerField(null=True)

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["first", "second"], name="suggestion_is_of_one_pair"),
            models.CheckConstraint(condition=Q(first__lt=F("second")), name="suggestion_is_ordered"),
        ]
        indexes: ClassVar = [
            models.Index(fields=["-probability", "id"], condition=Q(state="open"), name="suggestion_queue"),
            models.Index(fields=["-decided_at"], condition=~Q(state="open"), name="suggestion_decided"),
        ]


class Compared(models.Model):
    """A customer as last compared: a fingerprint of the columns that count. Who has another one is compared anew."""

    customer_id = models.BigIntegerField(primary_key=True)
    fingerprint = models.BigIntegerField()


class Run(models.Model):
    """One search. `model` is what the latest full one learned: runs in between use it, so that they agree with it."""

    at = models.DateTimeField()
    is_full = models.BooleanField()
    customers = models.IntegerField()
    compared = models.IntegerField()
    pairs = models.BigIntegerField()
    suggested = models.IntegerField()
    merged = models.IntegerField(default=0)
    seconds = models.FloatField()
    is_trained = models.BooleanField()
    model = models.JSONField(null=True)
