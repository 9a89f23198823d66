"""Asking for work, and no longer wanting it."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

from django.db import transaction

from cordiale import clock
from cordiale.accounts.actions import audit
from cordiale.accounts.models import Staff
from cordiale.errors import NotFound, Refused
from cordiale.jobs import kinds
from cordiale.jobs.models import OPEN, Job, JobState

KEPT_FOR = timedelta(days=182)


def enqueue(
    kind: str, arguments: Mapping[str, Any], title: str, actor: Staff | str, now: datetime, *, key: str | None = None
) -> Job:
    """Ask for work, inside the caller's transaction: it is done once that is committed, never after a rollback.

    Of all jobs with one `key` there is only one: asking again returns it, whatever became of it. A member of staff as
    `actor` is told when it has ended.
    """
    kinds.get_kind(kind)
    staff = actor if isinstance(actor, Staff) else None
    job = Job(
        kind=kind,
        title=title[:200],
        arguments=dict(arguments),
        key=key,
        actor=str(actor)[:120],
        staff=staff,
        is_told=staff is None,
        created_at=clock.require_aware(now),
    )
    if key is None:
        job.save()
        return job
    if (there := Job.objects.filter(key=key).first()) is not None:
        return there
    Job.objects.bulk_create([job], ignore_conflicts=True)
    return Job.objects.get(key=key)


def cancel(job: Job, actor: Staff | str, now: datetime) -> Job:
    """Take back work that waits, ask work that runs to end at its next step. Raises Refused once it has ended."""
    with transaction.atomic():
        held = Job.objects.select_for_update().filter(pk=job.pk).first()
        if held is None:
            raise NotFound(f"there is no job {job.pk}")
        if held.state not in OPEN:
            raise Refused(f"job {held.pk} is {held.state} already; there is nothing to cancel")
        held.is_cancel_asked = True
        if held.state == JobState.WAITING:
            held.state, held.finished_at = JobState.CANCELLED, clock.require_aware(now)
        held.save(update_fields=["is_cancel_asked", "state", "finished_at"])
        audit("job", str(held.pk), "cancel", actor, {"kind": held.kind, "title": held.title}, now)
    return held


def forget(now: datetime) -> int:
    """Delete jobs that ended more than half a year ago; how many."""
    ended = Job.objects.exclude(state__in=OPEN).filter(finished_at__lt=now - KEPT_FOR)
    return ended.delete()[0]


def try_again(job: Job, actor: Staff | str, now: datetime) -> Job:
    """Let work that failed or was cancelled go on where it was. Raises Refused where it waits, runs or is done."""
    again = Job.objects.filter(pk=job.pk, state__in=(JobState.FAILED, JobState.CANCELLED)).update(
        state=JobState.WAITING, error="", crashes=0, is_cancel_asked=False, finished_at=None, is_told=job.staff is None
    )
    if not again:
        raise Refused(f"job {job.pk} has neither failed nor been cancelled; there is nothing to try again")
    audit("job", str(job.pk), "try again", actor, {"kind": job.kind, "title": job.title}, now)
    return Job.objects.get(pk=job.pk)
