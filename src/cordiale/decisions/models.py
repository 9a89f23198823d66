"""What scenarios proposed, what was decided and why, and the contacts that pressure counts."""

from __future__ import annotations

from typing import ClassVar

from django.db import models
from django.utils.translation import pgettext_lazy


class Verdict(models.TextChoices):
    SENT = "sent", pgettext_lazy("verdict", "Sent")  # allowed: a message was planned in the same transaction
    POSTPONED = "postponed", pgettext_lazy("verdict", "Postponed")
    REFUSED = "refused", pgettext_lazy("verdict", "Refused")


class Proposal(models.Model):
    """A contact a scenario asks for. `is_open` until sent or refused; unique per step of an enrolment."""

    programme = models.CharField(max_length=80)
    enrolment_id = models.BigIntegerField()
    step = models.CharField(max_length=80)
    occurrence = models.PositiveIntegerField(default=1)
    customer = models.ForeignKey("customers.Customer", on_delete=models.CASCADE, related_name="proposals")
    channel = models.CharField(max_length=20)
    purpose = models.CharField(max_length=50)
    template = models.CharField(max_length=80)
    priority = models.IntegerField(default=0)
    is_control = models.BooleanField()
    limits = models.JSONField(default=list)  # the programme's own, narrower pressure rules
    proposed_at = models.DateTimeField()
    expires_at = models.DateTimeField()
    not_before = models.DateTimeField()  # when it is to be looked at (again)
    is_open = models.BooleanField(default=True)

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["enrolment_id", "step", "occurrence"], name="proposal_once")
        ]
        indexes: ClassVar = [
            models.Index(fields=["not_before"], condition=models.Q(is_open=True), name="proposal_open"),
            models.Index(fields=["customer", "-proposed_at"]),
            models.Index(fields=["programme", "step"]),
        ]


class Decision(models.Model):
    """Why a proposal was or was not sent, kept for ever: the rule that decided and the values it saw."""

    proposal = models.ForeignKey(Proposal, on_delete=models.CASCADE, related_name="decisions")
    at = models.DateTimeField()
    verdict = models.CharField(max_length=20, choices=Verdict.choices)
    rule = models.CharField(max_length=60)  # id of the rule that decided, e.g. "consent", "pressure.email-week"
    values = models.JSONField(default=dict)

    class Meta:
        indexes: ClassVar = [models.Index(fields=["proposal", "-at"]), models.Index(fields=["-at"])]


class Contact(models.Model):
    """A contact that counts for pressure: ours, those loaded from the past, and the *ghosts* of control customers.

    A control customer who would have been contacted counts as contacted (a ghost), so that both groups meet the
    same pressure rules and the comparison stays fair.
    """

    customer = models.ForeignKey("customers.Customer", on_delete=models.CASCADE, related_name="contacts")
    at = models.DateTimeField()
    channel = models.CharField(max_length=20)
    purpose = models.CharField(max_length=50)
    programme = models.CharField(max_length=80)
    is_ghost = models.BooleanField(default=False)
    proposal = models.OneToOneField(Proposal, null=True, on_delete=models.CASCADE)

    class Meta:
        indexes: ClassVar = [models.Index(fields=["customer", "at"])]
