"""The golden record of a customer."""

from __future__ import annotations

from typing import ClassVar

from django.db import models


class Customer(models.Model):
    """A person we know; a prospect until the first purchase.

    `sources` keeps where each value came from and when: `{"email": {"source": "synthetic", "at": "2026-01-05T…Z"}}`;
    a value whose source is `synthetic` is marked so wherever it shows. `declared` holds what the person told us
    (interests, household, income band …).
    """

    reference = models.CharField(max_length=64, unique=True)
    first_name = models.CharField(max_length=80, blank=True)
    last_name = models.CharField(max_length=80, blank=True)
    email = models.EmailField(blank=True)
    phone = models.CharField(max_length=32, blank=True)
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
    updated_at = models.DateTimeField(db_index=True)

    class Meta:
        indexes: ClassVar = [
            models.Index(fields=["last_name", "first_name"]),
            models.Index(fields=["email"]),
        ]

    def __str__(self) -> str:
        return self.full_name or self.reference

    @property
    def full_name(self) -> str:
        """First and last name, empty where neither is known."""
        return f"{self.first_name} {self.last_name}".strip()
