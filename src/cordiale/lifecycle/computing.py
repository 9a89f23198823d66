"""Computing past days as a job: month ends the forecast lacks, days somebody wants the flows of."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date, datetime
from typing import Any

from django.db import transaction
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from cordiale.accounts.models import Staff
from cordiale.insight import actions as insight
from cordiale.jobs import kinds
from cordiale.jobs.actions import enqueue
from cordiale.jobs.models import OPEN, Job
from cordiale.jobs.progress import Progress

KIND = "lifecycle-days"
FLOWS, FORECAST = "flows", "forecast"


def ask(days: Sequence[date], page: str, *, actor: Staff | str, now: datetime) -> Job:
    """Have these days' traits and stages computed; the job under way for the same days, where there is one.

    `page`: where the outcome is seen, `flows` (the first and last of the days) or `forecast`.
    """
    arguments = {"days": [day.isoformat() for day in days], "page": page}
    with transaction.atomic():
        under_way = Job.objects.filter(kind=KIND, state__in=OPEN, arguments=arguments).first()
        title = f"Stages of {days[0]}" + (f" to {days[-1]}" if len(days) > 1 else "")
        return under_way or enqueue(KIND, arguments, title, actor, now)


def find_open() -> Job | None:
    """The job under way or waiting, None without one."""
    return Job.objects.filter(kind=KIND, state__in=OPEN).first()


def run(job: Progress) -> Mapping[str, Any]:
    """Compute day after day; those that are there already cost nothing, so a run cut off goes on where it was."""
    days = [date.fromisoformat(text) for text in job.arguments["days"]]
    computed = 0
    for day in days:
        if job.is_cancelled():
            break
        insight.compute_day(day, job.now)
        computed += 1
        job.done(computed, len(days))
    return {"days": computed}


def register() -> None:
    """Called once, when Django is ready."""
    kinds.register(kinds.Kind(KIND, run, _("Stages of past days"), _address))


def _address(job: Job) -> str:
    if job.arguments["page"] == FORECAST:
        return reverse("lifecycle:forecast")
    days = job.arguments["days"]
    return f"{reverse('lifecycle:index')}?from={days[0]}&to={days[-1]}#flows"
