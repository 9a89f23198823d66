"""How customers belong together."""

from __future__ import annotations

from typing import ClassVar

from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _


class Kind(models.TextChoices):
    HOUSEHOLD = "household", _("Same household")
    GAVE_TO = "gave_to", _("Gave to")
    REFERRED = "referred", _("Referred")
    WORKS_FOR = "works_for", _("Works for")
    PARENT_OF = "parent_of", _("Parent of")
    OTHER = "other", _("Knows")


class Relation(models.Model):
    """One customer’s relation to another; it stands while `until` is empty. A household is from the lower number."""

    kind = models.CharField(max_length=20, choices=Kind.choices)
    one = models.ForeignKey("customers.Customer", on_delete=models.CASCADE, related_name="+")
    other = models.ForeignKey("customers.Customer", on_delete=models.CASCADE, related_name="+")
    since = models.DateTimeField()
    until = models.DateTimeField(null=True)
    source = models.CharField(max_length=80)

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["kind", "one", "other"], condition=Q(until=None), name="relation_stands_once"
            ),
            models.CheckConstraint(condition=~Q(one=F("other")), name="relation_is_of_two"),
            models.CheckConstraint(
                condition=~Q(kind="household") | Q(one__lt=F("other")), name="household_is_both_ways"
            ),
        ]
