"""Imports of files, and mappings kept for the next file of the same shape."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import ClassVar

from django.db import models
from django.utils.translation import gettext_lazy as _

KEPT_FOR = timedelta(days=7)
"""So long an import can be undone, and its file and refused rows are kept."""


class ImportState(models.TextChoices):
    DRAFT = "draft", _("Being prepared")
    RUNNING = "running", _("Running")
    DONE = "done", _("Done")
    STOPPED = "stopped", _("Stopped")
    UNDOING = "undoing", _("Being undone")
    UNDONE = "undone", _("Undone")


class Import(models.Model):
    """One file and what became of it.

    `reading` and `mapping` are what `reading.Reading` and `mapping.FileMapping` give as JSON; `counts` and `report`
    those of `engine` and `undoing`. `chunks_done` and `refused_bytes` are where a run that was cut takes up. No value
    of the file is kept here: what shows some is in the folder of `files`, which goes after `KEPT_FOR`.
    """

    kind = models.CharField(max_length=20)
    file_name = models.CharField(max_length=200)
    digest = models.CharField(max_length=64)
    size = models.BigIntegerField()
    rows = models.BigIntegerField(null=True)
    reading = models.JSONField(default=dict)
    mapping = models.JSONField(default=dict)
    mapping_name = models.CharField(max_length=80, blank=True)
    state = models.CharField(max_length=10, choices=ImportState.choices, default=ImportState.DRAFT)
    chunks_done = models.IntegerField(default=0)
    rows_done = models.BigIntegerField(default=0)
    refused_bytes = models.BigIntegerField(default=0)
    counts = models.JSONField(default=dict)
    job = models.ForeignKey("jobs.Job", null=True, on_delete=models.SET_NULL, related_name="+")
    actor = models.CharField(max_length=120)
    created_at = models.DateTimeField()
    started_at = models.DateTimeField(null=True)
    finished_at = models.DateTimeField(null=True)
    undone_at = models.DateTimeField(null=True)
    report = models.JSONField(default=dict)
    files_gone_at = models.DateTimeField(null=True)
    files_gone_why = models.CharField(max_length=20, blank=True)

    class Meta:
        indexes: ClassVar = [
            models.Index(fields=["created_at"], name="imports_with_files", condition=models.Q(files_gone_at=None))
        ]

    def __str__(self) -> str:
        return f"{self.pk} {self.file_name}"

    @property
    def source(self) -> str:
        """How what it wrote names it."""
        return f"import:{self.pk}"

    @property
    def undo_until(self) -> datetime | None:
        """Until when it can be undone; None while it has written nothing."""
        return self.started_at and self.started_at + KEPT_FOR

    def may_undo(self, now: datetime) -> bool:
        """Can it be undone now?"""
        has_written = self.state in {ImportState.DONE, ImportState.STOPPED} and self.chunks_done > 0
        return bool(has_written and self.undo_until and now <= self.undo_until)


class SavedMapping(models.Model):
    """A mapping under a name: the same document as a YAML file."""

    name = models.SlugField(unique=True, max_length=80)
    kind = models.CharField(max_length=20)
    document = models.JSONField()
    actor = models.CharField(max_length=120)
    updated_at = models.DateTimeField()

    def __str__(self) -> str:
        return self.name
