"""Segments, their revisions, and who is in them."""

from __future__ import annotations

from typing import ClassVar

from django.db import models
from django.db.models import Q


class Segment(models.Model):
    """A named predicate over profiles, traits, scores, consents and events."""

    name = models.SlugField(unique=True, max_length=80)
    title = models.JSONField(default=dict)  # {"fr": …, "en": …}
    expression = models.TextField()
    revision = models.PositiveIntegerField(default=1)
    created_at = models.DateTimeField()
    updated_at = models.DateTimeField()
    evaluated_at = models.DateTimeField(null=True)
    evaluated_revision = models.PositiveIntegerField(null=True)  # an edit takes effect at the next refresh
    size = models.PositiveIntegerField(null=True)  # members when last evaluated
    problem = models.TextField(blank=True)  # why it cannot be evaluated any more, e.g. a trait was removed
    is_static = models.BooleanField(default=False)  # a list that was loaded; its expression is `listed('name')`

    def __str__(self) -> str:
        return self.name


class SegmentRevision(models.Model):
    """What a segment's expression was, and who wrote it."""

    segment = models.ForeignKey(Segment, on_delete=models.CASCADE, related_name="revisions")
    number = models.PositiveIntegerField()
    expression = models.TextField()
    at = models.DateTimeField()
    actor = models.CharField(max_length=120)

    class Meta:
        constraints: ClassVar = [models.UniqueConstraint(fields=["segment", "number"], name="segment_revision_once")]


class Membership(models.Model):
    """A stay of a customer in a segment; `left_at` is empty while it lasts."""

    segment = models.ForeignKey(Segment, on_delete=models.CASCADE, related_name="memberships")
    customer = models.ForeignKey("customers.Customer", on_delete=models.CASCADE, related_name="memberships")
    entered_at = models.DateTimeField()
    left_at = models.DateTimeField(null=True)

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["segment", "customer"], condition=Q(left_at=None), name="membership_one_stay"
            )
        ]
        indexes: ClassVar = [
            models.Index(fields=["segment", "entered_at"]),
            models.Index(fields=["segment", "left_at"]),
        ]


class Listing(models.Model):
    """A customer's place on a static segment's list: since when, put there by whom, out of which file."""

    segment = models.ForeignKey(Segment, on_delete=models.CASCADE, related_name="listings")
    customer = models.ForeignKey("customers.Customer", on_delete=models.CASCADE, related_name="+")
    at = models.DateTimeField()
    actor = models.CharField(max_length=120)
    source = models.CharField(max_length=200)

    class Meta:
        constraints: ClassVar = [models.UniqueConstraint(fields=["segment", "customer"], name="listing_once")]
