"""Purposes, the ledger of proofs, the state derived from it, and the opposition list."""

from __future__ import annotations

from typing import ClassVar

from django.db import models
from django.utils.translation import gettext_lazy as _


class ConsentState(models.TextChoices):
    GRANTED = "granted", _("Granted")
    WITHDRAWN = "withdrawn", _("Withdrawn")


class Purpose(models.Model):
    """Why we contact people: offers, news, service …"""

    code = models.SlugField(primary_key=True)
    title = models.JSONField()  # {"fr": …, "en": …}
    legal_basis = models.CharField(max_length=40, default="consent")


class ConsentProof(models.Model):
    """One line of the ledger: who said what, when, how, to which text. Never changed or deleted (a trigger refuses)."""

    customer = models.ForeignKey("customers.Customer", on_delete=models.PROTECT)
    purpose = models.ForeignKey(Purpose, on_delete=models.PROTECT)
    channel = models.CharField(max_length=20)
    state = models.CharField(max_length=20, choices=ConsentState.choices)
    at = models.DateTimeField()
    source = models.CharField(max_length=60)
    wording = models.TextField()
    wording_version = models.CharField(max_length=20, blank=True)
    language = models.CharField(max_length=5, blank=True)
    form_url = models.CharField(max_length=300, blank=True)
    ip_address = models.GenericIPAddressField(null=True)
    user_agent = models.CharField(max_length=300, blank=True)

    class Meta:
        indexes: ClassVar = [models.Index(fields=["customer", "purpose", "channel", "-at"])]


class Consent(models.Model):
    """The present state, one row a customer, purpose and channel; `proof` is the line that made it so."""

    customer = models.ForeignKey("customers.Customer", on_delete=models.CASCADE, related_name="consents")
    purpose = models.ForeignKey(Purpose, on_delete=models.PROTECT)
    channel = models.CharField(max_length=20)
    state = models.CharField(max_length=20, choices=ConsentState.choices)
    since = models.DateTimeField()
    proof = models.ForeignKey(ConsentProof, on_delete=models.PROTECT)

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["customer", "purpose", "channel"], name="consent_one_state")
        ]


class Opposition(models.Model):
    """An address nobody may contact any more. Only a keyed hash is kept (LAW.md C6), so that it survives erasure."""

    channel = models.CharField(max_length=20)
    address_hash = models.CharField(max_length=64)
    reason = models.CharField(max_length=40)  # objection, complaint, hard bounce
    at = models.DateTimeField()

    class Meta:
        constraints: ClassVar = [models.UniqueConstraint(fields=["channel", "address_hash"], name="opposition_once")]
