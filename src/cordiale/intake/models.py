"""Where events come from, what waits to be flushed, what was seen already, what could not be read."""

from __future__ import annotations

from typing import ClassVar

from django.db import models
from django.utils.translation import gettext_lazy as _


class Kind(models.TextChoices):
    SERVER = "server", _("Server")
    BROWSER = "browser", _("Browser")
    APP = "app", _("Application")


class Source(models.Model):
    """A site, an application or a server that sends events.

    `write_key` lets its holder write, never read, and stands in the pages of a site: it is no secret, and is kept as
    it is. Browsers are answered only where their page's origin is among `allowed_origins`.
    """

    name = models.SlugField(unique=True, max_length=40)
    kind = models.CharField(max_length=10, choices=Kind.choices, default=Kind.SERVER)
    write_key = models.CharField(max_length=64, unique=True)
    allowed_origins = models.JSONField(default=list)
    created_at = models.DateTimeField()
    revoked_at = models.DateTimeField(null=True)
    last_error = models.CharField(max_length=300, blank=True)
    last_error_at = models.DateTimeField(null=True)

    def __str__(self) -> str:
        return self.name


class Hour(models.Model):
    """Events a source sent in one hour: taken (duplicates included) and refused. Written every second, by addition."""

    source = models.ForeignKey(Source, on_delete=models.CASCADE, related_name="hours")
    at = models.DateTimeField()
    taken = models.BigIntegerField(default=0)
    refused = models.BigIntegerField(default=0)

    class Meta:
        constraints: ClassVar = [models.UniqueConstraint(fields=["source", "at"], name="intake_one_row_an_hour")]


class Inbox(models.Model):
    """Events acknowledged and not yet flushed, in their order of arrival. Written by COPY (see `wire`).

    `key` is the 16-byte hash of source and message id; the same event may lie here twice. `kind` is its place in
    `calls.KINDS`. No foreign key: its check would cost more than the rest of a row.
    """

    source_id = models.IntegerField()
    key = models.UUIDField()
    kind = models.SmallIntegerField()
    at = models.DateTimeField()
    received_at = models.DateTimeField()
    payload = models.BinaryField()


class SeenKey(models.Model):
    """Keys of all events ever flushed, so that none counts twice however late it is sent again."""

    key = models.UUIDField(primary_key=True)


class Flush(models.Model):
    """How far flushing is: the last chunk's number and, while it is under way, the last row that belongs to it."""

    chunk = models.BigIntegerField(default=0)
    until = models.BigIntegerField(null=True)
    is_sifted = models.BooleanField(default=False)


class Rejected(models.Model):
    """An acknowledged event that could not be used, with the reason; it can be tried again.

    `reader` names the reader that failed: the event is in the lake then, as customer `customer_id`'s. Where it is empty
    the event was not recorded at all.
    """

    source_id = models.IntegerField()
    key = models.UUIDField(db_index=True)
    kind = models.SmallIntegerField()
    at = models.DateTimeField()
    received_at = models.DateTimeField()
    payload = models.BinaryField()
    reason = models.CharField(max_length=300)
    reader = models.CharField(max_length=40, blank=True)
    customer_id = models.BigIntegerField(null=True)
    rejected_at = models.DateTimeField()

    class Meta:
        constraints: ClassVar = [models.UniqueConstraint(fields=["key", "reader"], name="intake_rejected_once")]
