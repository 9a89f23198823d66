"""Who wants to be told, what there is to tell, and what became of telling it."""

from __future__ import annotations

from typing import ClassVar

from django.contrib.postgres.fields import ArrayField
from django.contrib.postgres.indexes import GinIndex
from django.db import models
from django.utils.translation import gettext_lazy as _


class Endpoint(models.Model):
    """An address that is told of some kinds of events. `secret` says where its signing secret is kept.

    Nothing is sent before `resume_at`: an address that failed is left in peace for a while, alone.
    """

    name = models.SlugField(max_length=40, unique=True)
    url = models.CharField(max_length=500)
    secret = models.CharField(max_length=120)
    events = ArrayField(models.CharField(max_length=40))
    is_active = models.BooleanField(default=True)
    created_at = models.DateTimeField()
    failures = models.IntegerField(default=0)
    resume_at = models.DateTimeField(null=True)
    disabled_at = models.DateTimeField(null=True)
    disabled_reason = models.CharField(max_length=200, blank=True)

    def __str__(self) -> str:
        return self.name


class Notice(models.Model):
    """Something that changed, written in the change's own transaction and not yet made into messages."""

    type = models.CharField(max_length=40)
    at = models.DateTimeField()
    data = models.JSONField()


class Message(models.Model):
    """What is sent, the same bytes to everybody and at every attempt. `key` is the `webhook-id`."""

    key = models.CharField(max_length=64, unique=True)
    type = models.CharField(max_length=40)
    at = models.DateTimeField(db_index=True)
    body = models.TextField()
    customer_ids = ArrayField(models.BigIntegerField(), default=list)

    class Meta:
        indexes: ClassVar = [GinIndex(fields=["customer_ids"], name="webhook_customers")]


class State(models.TextChoices):
    WAITING = "waiting", _("Waiting")
    DELIVERED = "delivered", _("Delivered")
    DEAD = "dead", _("Given up")


class Delivery(models.Model):
    """A message for an endpoint."""

    message = models.ForeignKey(Message, on_delete=models.CASCADE, related_name="deliveries")
    endpoint = models.ForeignKey(Endpoint, on_delete=models.CASCADE, related_name="deliveries")
    state = models.CharField(max_length=10, choices=State.choices, default=State.WAITING)
    attempts = models.IntegerField(default=0)
    due_at = models.DateTimeField()
    finished_at = models.DateTimeField(null=True)

    class Meta:
        constraints: ClassVar = [models.UniqueConstraint(fields=["message", "endpoint"], name="webhook_delivery_once")]
        indexes: ClassVar = [
            models.Index(
                fields=["endpoint", "due_at"], condition=models.Q(state="waiting"), name="webhook_delivery_waiting"
            ),
            models.Index(fields=["endpoint", "-id"], condition=models.Q(state="dead"), name="webhook_delivery_dead"),
        ]


class Attempt(models.Model):
    """One try of a delivery: the answer's status (0 where there was none) and why it did not count."""

    delivery = models.ForeignKey(Delivery, on_delete=models.CASCADE, related_name="tries")
    at = models.DateTimeField()
    status = models.IntegerField()
    reason = models.CharField(max_length=300, blank=True)
    milliseconds = models.IntegerField()
