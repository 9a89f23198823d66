"""Learning in the background, and what is looked at each night."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from cordiale.jobs import daily, kinds
from cordiale.jobs.models import Job
from cordiale.jobs.progress import Progress
from cordiale.scores import actions, watching
from cordiale.scores.learnt import STAGES_OF_WORK
from cordiale.scores.queries import KIND

_ORDER = 40


class _Cancelled(Exception):
    """Somebody asked to end: nothing was written."""


def run(job: Progress) -> Mapping[str, Any] | None:
    """Learn one score. Cut off anywhere, nothing is written; taken up again, it begins anew."""
    done = 0

    def step() -> None:
        nonlocal done
        done += 1
        job.done(min(done, STAGES_OF_WORK), STAGES_OF_WORK)
        if job.is_cancelled():
            raise _Cancelled

    try:
        version = actions.fit(job.arguments["score"], actor=job.staff or job.actor, now=job.now, step=step)
    except _Cancelled:
        return None
    return {"version": version.number, "is_refused": not version.is_usable}


def every_night(now: datetime) -> None:
    """Watch the inputs of the scores in force, and ask for those that are due to be learnt."""
    watching.watch(now)
    actions.ask_due(now)


def register() -> None:
    """Called once, when Django is ready."""
    kinds.register(kinds.Kind(KIND, run, _("Learn a score"), _address))
    daily.register(daily.Daily("scores", _ORDER, every_night))


def _address(job: Job) -> str:
    return reverse("scores:score", args=[job.arguments["score"]])
