"""Computing a past day as a job: a large base takes longer than a page may wait."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime
from typing import Any

from django.db import transaction
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from cordiale.accounts.models import Staff
from cordiale.insight import actions
from cordiale.jobs import kinds
from cordiale.jobs.actions import enqueue
from cordiale.jobs.models import Job
from cordiale.jobs.progress import Progress

KIND = "traits-of-a-day"


def ask(day: date, *, actor: Staff | str, now: datetime) -> Job:
    """Have a day's traits computed in the background."""
    with transaction.atomic():
        return enqueue(KIND, {"day": day.isoformat()}, f"Traits of {day}", actor, now)


def run(job: Progress) -> Mapping[str, Any]:
    """Compute the day, unless it is there."""
    day = actions.compute_day(date.fromisoformat(job.arguments["day"]), job.now)
    job.done(1, 1)
    return {"day": day.isoformat()}


def register() -> None:
    """Called once, when Django is ready."""
    kinds.register(kinds.Kind(KIND, run, _("Traits of a past day"), _address))


def _address(job: Job) -> str:
    return f"{reverse('insight:days')}?day={job.arguments['day']}"
