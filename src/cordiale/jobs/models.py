"""What takes longer than a page may wait."""

from __future__ import annotations

from typing import ClassVar

from django.db import models
from django.utils.translation import gettext_lazy as _


class JobState(models.TextChoices):
    WAITING = "waiting", _("Waiting")
    RUNNING = "running", _("Running")
    DONE = "done", _("Done")
    FAILED = "failed", _("Failed")
    CANCELLED = "cancelled", _("Cancelled")


OPEN = (JobState.WAITING, JobState.RUNNING)


class Job(models.Model):
    """One piece of work, for the worker that takes it and for whoever waits for it.

    `kept` is what its `run` needs to take up where it was; `attempt` counts the workers that took it, and fences
    off one that has lost it; `crashes` those that died over it since it last came forward.
    """

    kind = models.CharField(max_length=60)
    title = models.CharField(max_length=200)
    arguments = models.JSONField(default=dict)
    key = models.CharField(max_length=120, unique=True, null=True)
    actor = models.CharField(max_length=120)
    staff = models.ForeignKey("accounts.Staff", null=True, on_delete=models.SET_NULL, related_name="+")
    state = models.CharField(max_length=10, choices=JobState.choices, default=JobState.WAITING)
    done = models.BigIntegerField(default=0)
    total = models.BigIntegerField(null=True)
    kept = models.JSONField(default=dict)
    result = models.JSONField(null=True)
    error = models.TextField(blank=True)
    attempt = models.IntegerField(default=0)
    crashes = models.IntegerField(default=0)
    is_cancel_asked = models.BooleanField(default=False)
    is_told = models.BooleanField(default=False)
    created_at = models.DateTimeField()
    started_at = models.DateTimeField(null=True)
    finished_at = models.DateTimeField(null=True)

    class Meta:
        indexes: ClassVar = [
            models.Index(fields=["id"], name="jobs_open", condition=models.Q(state__in=["waiting", "running"])),
            models.Index(fields=["staff", "is_told"], name="jobs_to_tell"),
        ]

    def __str__(self) -> str:
        return self.title

    @property
    def is_open(self) -> bool:
        """May it still run?"""
        return self.state in OPEN
