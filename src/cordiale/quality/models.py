"""How healthy the base was, day by day, and what the base itself costs."""

from __future__ import annotations

from typing import ClassVar

from django.db import models
from django.utils.translation import gettext_lazy as _


class Measurement(models.Model):
    """All measures of one local day: how many customers there were, and for each measure how many were concerned."""

    day = models.DateField(primary_key=True)
    at = models.DateTimeField()
    customers = models.PositiveIntegerField()
    counts = models.JSONField()  # measure → number


class CostKind(models.TextChoices):
    BUILD = "build", _("Build")
    HOST = "host", _("Host")
    STAFF = "staff", _("Staff")
    IMPROVE = "improve", _("Improve")


class Cost(models.Model):
    """A line of the cost register: paid once on `since`, or each month from `since` until `until` (empty: still)."""

    kind = models.CharField(max_length=20, choices=CostKind.choices)
    label = models.CharField(max_length=120)
    amount = models.DecimalField(max_digits=12, decimal_places=2)
    is_monthly = models.BooleanField()
    since = models.DateField()
    until = models.DateField(null=True)
    actor = models.CharField(max_length=120)

    class Meta:
        constraints: ClassVar = [
            models.CheckConstraint(condition=models.Q(amount__gte=0), name="quality_cost_is_not_negative")
        ]
