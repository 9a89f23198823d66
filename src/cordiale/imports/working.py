"""Imports as work in the background."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import AbstractContextManager
from typing import Any

from django.db import InterfaceError, OperationalError
from django.urls import reverse
from django.utils import translation
from django.utils.translation import gettext_lazy as _

from cordiale.imports import actions, engine, undoing
from cordiale.imports.models import Import, ImportState
from cordiale.imports.queries import get_import
from cordiale.jobs import daily, kinds
from cordiale.jobs.models import Job
from cordiale.jobs.progress import Interrupted, Lost, Progress

_GOES_ON = (Interrupted, Lost, OperationalError, InterfaceError)


def register() -> None:
    """Called once, when Django is ready."""
    kinds.register(kinds.Kind(actions.RUN, run, _("Import"), _address))
    kinds.register(kinds.Kind(actions.CHECK, check, _("Check before an import"), _address))
    kinds.register(kinds.Kind(actions.UNDO, undo, _("Undoing of an import"), _address))
    daily.register(daily.Daily("imports", 50, actions.expire))


def run(job: Progress) -> Mapping[str, Any]:
    """Write what is left of a file."""
    with _in_language_of(job):
        return _run(get_import(job.arguments["import"]), job)


def _run(imported: Import, job: Progress) -> Mapping[str, Any]:
    if imported.state == ImportState.DONE:  # killed between the last chunk and the job's own end
        return dict(imported.counts)
    Import.objects.filter(pk=imported.pk).update(state=ImportState.RUNNING)
    imported.state = ImportState.RUNNING
    try:
        return engine.run(imported, job)
    except _GOES_ON:
        raise
    except Exception:
        Import.objects.filter(pk=imported.pk).update(state=ImportState.STOPPED, finished_at=job.now)
        raise


def check(job: Progress) -> Mapping[str, Any]:
    """Go through a file and write nothing."""
    with _in_language_of(job):
        report = engine.check(get_import(job.arguments["import"]), job.now, job)
    return dict(report.get("counts", {}))


def undo(job: Progress) -> Mapping[str, Any]:
    """Take an import back."""
    return undoing.undo(get_import(job.arguments["import"]), job)


def _in_language_of(job: Progress) -> AbstractContextManager[None]:
    """Reasons are written in the language of who asked."""
    return translation.override(job.staff.language if job.staff else "en")


def _address(job: Job) -> str:
    return reverse("imports:import", args=[job.arguments["import"]])
