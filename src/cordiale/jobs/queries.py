"""Which jobs there are."""

from __future__ import annotations

from django.db.models import QuerySet

from cordiale.errors import NotFound
from cordiale.jobs.models import OPEN, Job


def get_job(number: int) -> Job:
    """The job of that number. Raises NotFound."""
    job = Job.objects.filter(pk=number).first()
    if job is None:
        raise NotFound(f"there is no job {number}")
    return job


def list_jobs(state: str = "") -> QuerySet[Job]:
    """Jobs, newest first; `open` for those that wait or run, or one state."""
    found = Job.objects.order_by("-pk")
    if state == "open":
        return found.filter(state__in=OPEN)
    return found.filter(state=state) if state else found
