"""Who asked for work is told when it has ended, on whatever page comes next."""

from __future__ import annotations

from django.http import HttpRequest
from django.urls import reverse
from django.utils.translation import gettext as _

from cordiale.jobs.models import OPEN, Job, JobState
from cordiale.jobs.words import address, title
from cordiale.ui import notices

_MOST = 5


def register() -> None:
    """Let every page show what has ended."""
    notices.register_source(news)


def news(request: HttpRequest) -> list[notices.Notice]:
    """What ended since this person last looked, each told once."""
    staff = getattr(request, "user", None)
    if staff is None or not staff.is_authenticated:
        return []
    ended = list(Job.objects.filter(staff_id=staff.pk, is_told=False).exclude(state__in=OPEN).order_by("pk")[:_MOST])
    if ended:
        Job.objects.filter(pk__in=[job.pk for job in ended]).update(is_told=True)
    return [_notice(job) for job in ended]


def _notice(job: Job) -> notices.Notice:
    if job.state == JobState.DONE:
        told = {"text": _("%(title)s: done.") % {"title": title(job)}, "kind": "ok"}
        return told | ({"url": address(job), "link": _("See the result")} if address(job) else {})
    if job.state == JobState.CANCELLED:
        return {"text": _("%(title)s: cancelled.") % {"title": title(job)}, "kind": "info"}
    text = _("%(title)s failed: %(error)s") % {"title": title(job), "error": job.error}
    url = reverse("jobs:progress", args=[job.pk])
    return {"text": text, "kind": "danger", "url": url, "link": _("See what can be done")}
