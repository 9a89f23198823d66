"""The outbox: immutable messages, leased chunks of them, an append-only log of what became of each.

A message row never changes after planning; its state is what the log says (anti-join), so there are no dead rows and
no status column that two workers can race on.
"""

from __future__ import annotations

from typing import ClassVar

from django.db import models


class OutcomeKind(models.TextChoices):
    HANDED_OVER = "handed_over"  # the next server took responsibility
    UNKNOWN = "unknown"  # we died between its acceptance and our commit: never sent again
    REFUSED = "refused"  # the server said no for good
    WITHHELD = "withheld"  # not sent: consent ended, opposition, programme paused
    BOUNCED = "bounced"
    CLICKED = "clicked"
    UNSUBSCRIBED = "unsubscribed"


class Chunk(models.Model):
    """A range of messages one worker works on at a time.

    `leased_by` is the number of an advisory lock its worker holds while its session lives: a lease ends with its
    worker, at once, whatever any clock says.
    """

    leased_by = models.IntegerField(null=True)
    finished_at = models.DateTimeField(null=True)

    class Meta:
        indexes: ClassVar = [models.Index(fields=["id"], condition=models.Q(finished_at=None), name="chunk_unfinished")]


class Message(models.Model):
    """One contact with one customer through one channel, as decided. Immutable."""

    chunk = models.ForeignKey(Chunk, null=True, on_delete=models.PROTECT, related_name="messages")
    proposal_id = models.BigIntegerField(unique=True)  # makes a second send of the same step impossible
    customer = models.ForeignKey("customers.Customer", on_delete=models.PROTECT, related_name="messages")
    channel = models.CharField(max_length=20)
    purpose = models.CharField(max_length=50)
    programme = models.CharField(max_length=80)
    step = models.CharField(max_length=80)
    template_version = models.ForeignKey("content.TemplateVersion", on_delete=models.PROTECT)
    to_address = models.CharField(max_length=254)
    planned_at = models.DateTimeField()

    class Meta:
        indexes: ClassVar = [models.Index(fields=["customer", "-planned_at"]), models.Index(fields=["programme"])]


class Attempt(models.Model):
    """Committed before a message is handed over; taken back when the server surely did not accept it.

    An attempt without an outcome, once its worker is gone, is *unknown*: the server may have it; it is never repeated.
    """

    message = models.OneToOneField(Message, primary_key=True, on_delete=models.PROTECT)
    at = models.DateTimeField()


class Outcome(models.Model):
    """What became of a message. Append-only; the lake's `messages` table is fed from here in `id` order."""

    message = models.ForeignKey(Message, on_delete=models.PROTECT, related_name="outcomes")
    kind = models.CharField(max_length=20, choices=OutcomeKind.choices)
    at = models.DateTimeField()
    detail = models.CharField(max_length=300, blank=True)

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["message"],
                condition=models.Q(kind__in=["handed_over", "unknown", "refused", "withheld"]),
                name="outcome_one_hand_over",
            )
        ]
        indexes: ClassVar = [models.Index(fields=["message", "kind"])]


class Flush(models.Model):
    """How far outcomes went to the lake: all up to `done`; while `until` is further, that range is on its way."""

    done = models.BigIntegerField(default=0)
    until = models.BigIntegerField(default=0)
