"""Programmes and their versions, who walks through them, and the engine's ticks."""

from __future__ import annotations

from typing import ClassVar

from django.db import models
from django.utils.translation import gettext_lazy as _


class Status(models.TextChoices):
    DRAFT = "draft", _("Draft")
    LIVE = "live", _("Live")
    PAUSED = "paused", _("Paused")
    ENDED = "ended", _("Ended")


class Programme(models.Model):
    """Objective, panel, actions, scenario and KPIs, one coherent effort. Its file is its current version's `source`."""

    name = models.SlugField(unique=True, max_length=80)
    status = models.CharField(max_length=20, choices=Status.choices, default=Status.DRAFT)
    current = models.ForeignKey("ProgrammeVersion", null=True, on_delete=models.PROTECT, related_name="+")
    salt = models.CharField(max_length=32)  # draws the control group (ids.share_of)
    started_at = models.DateTimeField(null=True)
    paused_at = models.DateTimeField(null=True)  # while paused: how long, so that waits go on where they stood
    entries_until = models.DateTimeField(null=True)  # triggers up to this instant have been enrolled
    created_at = models.DateTimeField()
    updated_at = models.DateTimeField()

    def __str__(self) -> str:
        return self.name


class ProgrammeVersion(models.Model):
    """One applied text of a programme; immutable. People inside finish the version they entered."""

    programme = models.ForeignKey(Programme, on_delete=models.CASCADE, related_name="versions")
    number = models.PositiveIntegerField()
    source = models.TextField()  # the YAML as written
    applied_at = models.DateTimeField()
    actor = models.CharField(max_length=120)

    class Meta:
        constraints: ClassVar = [models.UniqueConstraint(fields=["programme", "number"], name="programme_version_once")]


class Enrolment(models.Model):
    """One customer's walk through one scenario.

    `step` is the path of the step the customer stands before (`"0"`, `"2.then.0"`), `due_at` when the engine
    looks at it again.
    """

    programme = models.ForeignKey(Programme, on_delete=models.CASCADE, related_name="enrolments")
    version = models.ForeignKey(ProgrammeVersion, on_delete=models.PROTECT)
    customer = models.ForeignKey("customers.Customer", on_delete=models.CASCADE, related_name="enrolments")
    occurrence = models.PositiveIntegerField()  # 1 for the first time in this programme, 2 after re-entry …
    is_control = models.BooleanField()
    entered_at = models.DateTimeField()
    step = models.CharField(max_length=80)
    arrived_at = models.DateTimeField()
    due_at = models.DateTimeField(null=True)  # empty once out
    exited_at = models.DateTimeField(null=True)
    exit_reason = models.CharField(max_length=40, blank=True)  # goal, end, left-panel, withdrawn …

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["programme", "customer", "occurrence"], name="enrolment_once"),
            models.UniqueConstraint(
                fields=["programme", "customer"], condition=models.Q(exited_at=None), name="enrolment_one_walk"
            ),
        ]
        indexes: ClassVar = [
            models.Index(
                fields=["version", "step", "due_at"], condition=models.Q(exited_at=None), name="enrolment_due"
            ),
            models.Index(fields=["programme", "entered_at"]),
        ]


class Passage(models.Model):
    """A step an enrolment went through, and how it left it (`done`, `then`, `else`, `event`, `timeout`)."""

    enrolment = models.ForeignKey(Enrolment, on_delete=models.CASCADE, related_name="passages")
    step = models.CharField(max_length=80)
    way = models.CharField(max_length=20)
    at = models.DateTimeField()

    class Meta:
        constraints: ClassVar = [models.UniqueConstraint(fields=["enrolment", "step"], name="passage_once")]


class Tick(models.Model):
    """One advance of the engine; `finished_at` stays empty when it was cut off, and the next tick takes up the rest."""

    now = models.DateTimeField()
    started_at = models.DateTimeField()
    finished_at = models.DateTimeField(null=True)
    report = models.JSONField(default=dict)

    class Meta:
        indexes: ClassVar = [models.Index(fields=["-now"])]
