"""Which snapshots of traits exist."""

from __future__ import annotations

from django.db import models


class Snapshot(models.Model):
    """All customers' traits as they stood at `as_of`; the values are in the lake's `traits` table under `day`."""

    day = models.DateField(primary_key=True)
    as_of = models.DateTimeField()
    customers = models.PositiveIntegerField()
    seconds = models.FloatField()
    definition = models.CharField(max_length=64)  # fingerprint of traits.yaml and lifecycle.yaml
    added = models.CharField(max_length=64, default="", blank=True)  # fingerprint of the columns of others (scores)
    stages = models.JSONField(default=dict)  # stage → number of customers
