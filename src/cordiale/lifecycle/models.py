"""What was worked out of how people buy, kept for the snapshot day it belongs to."""

from __future__ import annotations

from django.db import models


class Kept(models.Model):
    """The counts behind one page, as of a snapshot's instant. `counts` is what `queries.buying` makes of it."""

    kind = models.CharField(max_length=20)
    day = models.DateField()
    as_of = models.DateTimeField()
    definition = models.CharField(max_length=64)  # the snapshot's: stages mean something else under another
    seconds = models.FloatField()
    counts = models.JSONField()

    class Meta:
        constraints = (models.UniqueConstraint(fields=["kind", "day"], name="counts_kept_once_a_day"),)

    def __str__(self) -> str:
        return f"{self.kind} {self.day}"
