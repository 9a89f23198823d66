"""A job in words."""

from __future__ import annotations

from cordiale.jobs import kinds
from cordiale.jobs.models import Job, JobState

BADGES = {
    JobState.WAITING: "neutral",
    JobState.RUNNING: "info",
    JobState.DONE: "ok",
    JobState.FAILED: "danger",
    JobState.CANCELLED: "warning",
}


def title(job: Job) -> str:
    """The kind and what it is about, in the reader's language: `Import · customers.csv`."""
    kind = kinds.find_kind(job.kind)
    return " · ".join(str(part) for part in (kind.label if kind else job.kind, job.title) if part)


def address(job: Job) -> str:
    """The page about what the job does, empty for none."""
    kind = kinds.find_kind(job.kind)
    return kind.address(job) if kind else ""
