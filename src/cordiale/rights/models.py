"""What people asked of us about their data, and what was erased. Nothing here names a person once they are erased."""

from __future__ import annotations

from typing import ClassVar

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy


class RequestKind(models.TextChoices):
    """The rights of RGPD articles 15 to 21."""

    ACCESS = "access", _("Access")
    PORTABILITY = "portability", _("Portability")
    CORRECTION = "correction", _("Correction")
    ERASURE = "erasure", _("Erasure")
    RESTRICTION = "restriction", _("Restriction")
    OBJECTION = "objection", _("Objection")


class RequestState(models.TextChoices):
    OPEN = "open", pgettext_lazy("request", "Open")
    ANSWERED = "answered", pgettext_lazy("request", "Answered")
    REFUSED = "refused", pgettext_lazy("request", "Refused")


class Request(models.Model):
    """One line of the register of requests. `due_on` is the last day to answer (one month, or three once extended).

    `customer_id` is our number, no foreign key: the line outlives the person. `note` and `answer` are emptied by an
    erasure.
    """

    kind = models.CharField(max_length=20, choices=RequestKind.choices)
    customer_id = models.BigIntegerField(db_index=True)
    received_at = models.DateTimeField()
    channel = models.CharField(max_length=20)
    note = models.TextField(blank=True)
    due_on = models.DateField()
    extension_reason = models.CharField(max_length=300, blank=True)
    state = models.CharField(max_length=20, choices=RequestState.choices, default=RequestState.OPEN)
    opened_by = models.CharField(max_length=120)
    closed_by = models.CharField(max_length=120, blank=True)
    closed_at = models.DateTimeField(null=True)
    answer = models.TextField(blank=True)

    class Meta:
        indexes: ClassVar = [models.Index(fields=["state", "due_on"])]


class Erasure(models.Model):
    """The proof that a person was erased: when, by whom, how many rows in which part; no name, no address.

    The database goes first, then the lake, then the files of the database itself; an erasure that was cut off is
    taken up again where it stopped.
    """

    customer_id = models.BigIntegerField(db_index=True)
    numbers = ArrayField(models.BigIntegerField())  # all the numbers the person was known under
    actor = models.CharField(max_length=120)
    reason = models.CharField(max_length=120)
    is_anonymised = models.BooleanField(default=False)  # orders stay, as nobody's
    asked_at = models.DateTimeField()
    rows = models.JSONField(default=dict)  # part → rows touched
    lake_at = models.DateTimeField(null=True)  # gone from every file of the lake
    scrubbed_at = models.DateTimeField(null=True)  # gone from the database's own files …
    is_scrubbed = models.BooleanField(default=False)  # … unless its server keeps them out of our reach

    class Meta:
        indexes: ClassVar = [
            models.Index(fields=["id"], condition=models.Q(scrubbed_at=None), name="erasure_unfinished")
        ]


class ExpiryState(models.TextChoices):
    PROPOSED = "proposed", pgettext_lazy("expiry", "Proposed")
    KEPT = "kept", pgettext_lazy("expiry", "Kept")
    DONE = "done", pgettext_lazy("expiry", "Done")


class Expiry(models.Model):
    """Somebody whose time is over by `retention.yaml`: proposed one night, treated on `due_on` unless kept.

    `last_active_at` is the last order, click, visit, answer, case or statement of consent; it is looked at again before
    anything is done, so that who came back stays.
    """

    customer_id = models.BigIntegerField(unique=True)
    who = models.CharField(max_length=20)
    then = models.CharField(max_length=20)
    last_active_at = models.DateTimeField()
    proposed_at = models.DateTimeField()
    due_on = models.DateField()
    state = models.CharField(max_length=20, choices=ExpiryState.choices, default=ExpiryState.PROPOSED)
    kept_by = models.CharField(max_length=120, blank=True)
    kept_because = models.CharField(max_length=300, blank=True)
    done_at = models.DateTimeField(null=True)

    class Meta:
        indexes: ClassVar = [models.Index(fields=["state", "due_on"])]


class Scrubbed(models.Model):
    """A table of the database as it was last written anew by `scrub`: how often it had been changed or vacuumed."""

    name = models.CharField(max_length=140, primary_key=True)
    changes_seen = models.BigIntegerField()
