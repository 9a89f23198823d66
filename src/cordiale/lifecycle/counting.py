"""Counting how people buy in the background: where a base is too large for a page, and each night."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime, timedelta
from typing import Any

from django.db import transaction
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from cordiale.accounts.models import Staff
from cordiale.insight import queries as insight
from cordiale.insight.models import Snapshot
from cordiale.jobs import daily, kinds
from cordiale.jobs.actions import enqueue
from cordiale.jobs.models import OPEN, Job
from cordiale.jobs.progress import Progress
from cordiale.lifecycle.models import Kept
from cordiale.lifecycle.queries import buying

KIND = "lifecycle-counts"
KEPT_FOR = timedelta(days=90)
_ORDER = 45
_PAGES = {buying.INTERVALS: "intervals", buying.BASKETS: "baskets"}


def ask(kind: str, snapshot: Snapshot, *, actor: Staff | str, now: datetime) -> Job:
    """Have one view counted as of a snapshot; the job under way for it, where there is one."""
    with transaction.atomic():
        arguments = {"kind": kind, "day": snapshot.day.isoformat()}
        return find_open(kind, snapshot) or enqueue(KIND, arguments, f"{kind} as of {snapshot.day}", actor, now)


def find_open(kind: str, snapshot: Snapshot) -> Job | None:
    """The job that counts a view as of a snapshot, waiting or running; None without one."""
    arguments = {"kind": kind, "day": snapshot.day.isoformat()}
    return Job.objects.filter(kind=KIND, state__in=OPEN, arguments=arguments).first()


def run(job: Progress) -> Mapping[str, Any]:
    """Count, unless it is there; cut off, it begins anew."""
    kind, snapshot = job.arguments["kind"], insight.get_snapshot(date.fromisoformat(job.arguments["day"]))
    kept = buying.find(kind, snapshot) or buying.count(kind, snapshot)
    job.done(1, 1)
    return {"seconds": kept.seconds}


def every_night(now: datetime) -> None:
    """Count every view of the latest snapshot, so that no page waits; forget those of days gone by."""
    Kept.objects.filter(day__lt=(now - KEPT_FOR).date()).delete()
    snapshot = insight.find_snapshot()
    for kind in buying.KINDS if snapshot else ():
        if snapshot and buying.find(kind, snapshot) is None:
            buying.count(kind, snapshot)


def register() -> None:
    """Called once, when Django is ready."""
    kinds.register(kinds.Kind(KIND, run, _("Counts of how people buy"), _address))
    daily.register(daily.Daily("lifecycle", _ORDER, every_night))


def _address(job: Job) -> str:
    kind, day = job.arguments["kind"], job.arguments["day"]
    page = reverse(f"lifecycle:{_PAGES.get(kind, 'cohorts')}")
    by = "&by=quarter" if kind == buying.COHORTS[buying.QUARTER] else ""
    return f"{page}?day={day}{by}"
