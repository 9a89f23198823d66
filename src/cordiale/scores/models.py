"""Versions of scores, when each was in force, and which version a snapshot's values come from."""

from __future__ import annotations

from typing import ClassVar

from django.db import models
from django.db.models import F, Q

from cordiale.accounts.models import Staff


class ScoreVersion(models.Model):
    """One attempt at learning a score. Numbers count from 1 for each score.

    `card` is everything its model card says (see `cordiale.scores.rules.card`); `artifact` the name of the model's file
    in the home, `digest` the SHA-256 of what is in it. One that the gate refused has no file: `refusals` says why.
    `parameters` is what reading the file takes besides.
    """

    score = models.CharField(max_length=60)
    number = models.PositiveIntegerField()
    fitted_at = models.DateTimeField()
    as_of = models.DateTimeField()
    horizon = models.PositiveIntegerField()
    method = models.CharField(max_length=20, blank=True)
    parameters = models.JSONField(default=dict)
    card = models.JSONField(default=dict)
    refusals = models.JSONField(default=list)
    declaration = models.CharField(max_length=64)
    artifact = models.CharField(max_length=120, blank=True)
    digest = models.CharField(max_length=64, blank=True)
    library = models.CharField(max_length=60, blank=True)
    seconds = models.FloatField()
    actor = models.CharField(max_length=120)

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["score", "number"], name="score_version_is_unique"),
            models.CheckConstraint(
                condition=Q(artifact="", digest="") | (~Q(artifact="") & ~Q(digest="")),
                name="score_version_has_a_file_and_its_digest",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.score} {self.number}"

    @property
    def is_usable(self) -> bool:
        """Did it pass the gate, so that it can be in force?"""
        return bool(self.artifact)


class Term(models.Model):
    """A time during which a version was in force; open while `until` is null. Terms of a score never overlap."""

    score = models.CharField(max_length=60)
    version = models.ForeignKey(ScoreVersion, on_delete=models.PROTECT, related_name="terms")
    since = models.DateTimeField()
    until = models.DateTimeField(null=True)
    actor = models.CharField(max_length=120)
    reason = models.CharField(max_length=200, blank=True)

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["score"], condition=Q(until__isnull=True), name="one_version_in_force"),
            models.CheckConstraint(
                condition=Q(until__isnull=True) | Q(until__gte=F("since")), name="term_goes_forward"
            ),
        ]


class ScoreRun(models.Model):
    """The values of a score in the snapshot made as of an instant come from this version.

    `is_retroactive`: the instant lies before any version was in force; the values were worked out with a later one.
    """

    score = models.CharField(max_length=60)
    as_of = models.DateTimeField()
    version = models.ForeignKey(ScoreVersion, on_delete=models.CASCADE, related_name="runs")
    is_retroactive = models.BooleanField()

    class Meta:
        constraints: ClassVar = [models.UniqueConstraint(fields=["score", "as_of"], name="one_version_a_snapshot")]


class Told(models.Model):
    """This person was told that the customers of a version have changed."""

    version = models.ForeignKey(ScoreVersion, on_delete=models.CASCADE, related_name="told")
    staff = models.ForeignKey(Staff, on_delete=models.CASCADE, related_name="+")

    class Meta:
        constraints: ClassVar = [models.UniqueConstraint(fields=["version", "staff"], name="told_once_a_version")]


class Watch(models.Model):
    """How far a day's customers are from those a version learnt from: the PSI of each feature, on that day."""

    version = models.ForeignKey(ScoreVersion, on_delete=models.CASCADE, related_name="watches")
    day = models.DateField()
    drift = models.JSONField()
    worst = models.FloatField()

    class Meta:
        constraints: ClassVar = [models.UniqueConstraint(fields=["version", "day"], name="one_watch_a_day")]
