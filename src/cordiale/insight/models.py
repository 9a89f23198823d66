"""Which snapshots of traits exist, and the traits the company declared on the page."""

from __future__ import annotations

from django.db import models


class Snapshot(models.Model):
    """All customers' traits as they stood at `as_of`; the values are in the lake's `traits` table under `day`."""

    day = models.DateField(primary_key=True)
    as_of = models.DateTimeField()
    customers = models.PositiveIntegerField()
    seconds = models.FloatField()
    definition = models.CharField(max_length=64)  # fingerprint of the traits and of lifecycle.yaml
    added = models.CharField(max_length=64, default="", blank=True)  # fingerprint of the columns of others (scores)
    stages = models.JSONField(default=dict)  # stage → number of customers
    meanings = models.JSONField(default=dict)  # what made the values: see Definitions.meanings


class TraitVersion(models.Model):
    """One wording of one trait, never changed. The last version of a name counts, unless it is retired."""

    name = models.CharField(max_length=60)
    version = models.PositiveIntegerField()
    text = models.TextField()  # the YAML of this trait alone, as it was written
    type = models.CharField(max_length=10)
    owner = models.CharField(max_length=120)
    author = models.CharField(max_length=120)
    created_at = models.DateTimeField()
    retired_at = models.DateTimeField(null=True, blank=True)
    retired_by = models.CharField(max_length=120, default="", blank=True)

    class Meta:
        constraints = (models.UniqueConstraint(fields=["name", "version"], name="one_wording_a_version"),)

    def __str__(self) -> str:
        return f"{self.name} {self.version}"
