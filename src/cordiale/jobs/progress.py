"""What the work under way knows of itself and tells others."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sized
from datetime import datetime
from typing import Any

from cordiale.jobs.models import Job, JobState

Watch = Callable[[int, int | None], None]


class Interrupted(Exception):
    """The worker ends: the job goes back among those that wait, and is taken up again where it was."""


class Lost(Exception):
    """Another worker has this job: what this one did since its last step must not count twice."""


class Progress:
    """One run of a job. Every step is a place where it may be cancelled, interrupted or found lost."""

    def __init__(self, job: Job, now: datetime, *, stopping: Sized = (), watch: Watch | None = None) -> None:
        self.id = job.pk
        self.now = now
        self.arguments: Mapping[str, Any] = job.arguments
        self.actor = job.actor
        self.staff = job.staff
        self.kept: dict[str, Any] = dict(job.kept)
        self.was_cancelled = False
        self._attempt, self._total = job.attempt, job.total
        self._stopping, self._watch = stopping, watch

    def done(self, n: int, total: int | None = None) -> None:
        """So much is done, of `total` (the one said last). Not inside a transaction: others read it.

        Raises Interrupted where the worker has to end, Lost where another one has the job.
        """
        self._total = self._total if total is None else total
        self._write(done=n, total=self._total, crashes=0)
        if self._watch:
            self._watch(n, self._total)
        if len(self._stopping):
            raise Interrupted

    def keep(self, **values: Any) -> None:
        """Remember JSON values for the run that takes up after a crash. Inside a transaction: only if it commits."""
        self.kept |= values
        self._write(kept=self.kept)

    def is_cancelled(self) -> bool:
        """Has somebody asked to end? Answering yes ends the job as cancelled; what was written stays."""
        asked = Job.objects.filter(pk=self.id).values_list("is_cancel_asked", flat=True).first()
        self.was_cancelled = bool(asked)
        return self.was_cancelled

    def _write(self, **values: Any) -> None:
        mine = Job.objects.filter(pk=self.id, state=JobState.RUNNING, attempt=self._attempt)
        if not mine.update(**values):
            raise Lost(f"job {self.id} is no longer run by attempt {self._attempt}")
