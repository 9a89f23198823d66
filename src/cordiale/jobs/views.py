"""The pages of jobs: the list, and the progress of one as a fragment other pages include."""

from __future__ import annotations

from typing import Any

from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.http import url_has_allowed_host_and_scheme
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from cordiale.accounts.permissions import requires
from cordiale.jobs import actions, queries, words
from cordiale.jobs.models import Job, JobState
from cordiale.ui import notices
from cordiale.ui.context import present

PAGE = 50


@require_safe
@requires("jobs.see")
def index(request: HttpRequest) -> HttpResponse:
    """All jobs, newest first; `?state=` for some of them."""
    state = request.GET.get("state", "")
    wanted = state if state == "open" or state in JobState.values else ""
    page = Paginator(queries.list_jobs(wanted), PAGE).get_page(request.GET.get("page"))
    context = {"page": page, "rows": [shown(job) for job in page], "state": wanted, "states": _states()}
    return render(request, "jobs/list.html", context)


@require_safe
@requires("jobs.see")
def progress(request: HttpRequest, number: int) -> HttpResponse:
    """How far a job is: a fragment that asks again while it runs; a page of its own without htmx."""
    job = queries.get_job(number)
    template = "jobs/_progress.html" if getattr(request, "htmx", False) else "jobs/job.html"
    response = render(request, template, shown(job))
    if getattr(request, "htmx", False) and not job.is_open and request.GET.get("reload"):
        response["HX-Refresh"] = "true"  # the page around it shows what came of it
    return response


@require_POST
@requires("jobs.cancel")
def cancel(request: HttpRequest, number: int) -> HttpResponse:
    """Ask a job to end."""
    job = queries.get_job(number)
    actions.cancel(job, request.user, present())  # type: ignore[arg-type]
    notices.add(request, _("The job ends at its next step; what it has written stays."))
    return _back(request)


@require_POST
@requires("jobs.cancel")
def again(request: HttpRequest, number: int) -> HttpResponse:
    """Let a job that failed go on where it was."""
    actions.try_again(queries.get_job(number), request.user, present())  # type: ignore[arg-type]
    notices.add(request, _("The job goes on where it was."))
    return _back(request)


def shown(job: Job) -> dict[str, Any]:
    """What the templates ask of a job."""
    return {
        "job": job,
        "title": words.title(job),
        "address": words.address(job),
        "badge": words.BADGES[JobState(job.state)],
        "may_go_on": job.state in {JobState.FAILED, JobState.CANCELLED},
    }


def _states() -> list[tuple[str, str]]:
    return [("", _("All")), ("open", _("Under way")), *((one.value, str(one.label)) for one in JobState)]


def _back(request: HttpRequest) -> HttpResponse:
    there = request.POST.get("next", "")
    return redirect(there if url_has_allowed_host_and_scheme(there, allowed_hosts=None) else "jobs:list")
