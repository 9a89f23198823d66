"""Taking jobs and running them: each by one worker at a time, and again where a worker died.

A worker holds an advisory lock of its database session while it runs a job. PostgreSQL frees it the moment the
session ends, however it ends: a job that says it runs, and whose lock is free, was left behind and is taken again.
"""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Sized
from datetime import datetime

from django.db import InterfaceError, OperationalError, connection, transaction
from django.db.models import QuerySet

from cordiale.errors import CordialeError
from cordiale.jobs import daily, kinds
from cordiale.jobs.alone import held
from cordiale.jobs.models import OPEN, Job, JobState
from cordiale.jobs.progress import Interrupted, Lost, Progress, Watch
from cordiale.ui.context import present

JOBS = 0x436F7203
"""The first half of our advisory locks' keys."""

MOST_CRASHES = 3
LANES = 2  # so that a long import does not keep an export waiting
_PAUSE, _AFTER_FAILURE = 0.5, 5.0  # seconds
_LOOKED_AT = 50
_OF_OURS = (
    "This is a mistake of ours, not of yours: {name}. Try again once; if it happens again, send the lines of the log"
    " about job {number} to whoever looks after this installation."
)
_log = logging.getLogger(__name__)


def run_pending(limit: int | None = None, stopping: Sized = ()) -> int:
    """Run jobs that wait, oldest first, until none is left (or `limit`); how many. For commands and tests."""
    ran = 0
    while not len(stopping) and (limit is None or ran < limit) and _run_next(stopping):
        ran += 1
    return ran


def run(job: Job, watch: Watch | None = None, stopping: Sized = ()) -> Job:
    """Run this job here, or wait while another worker does; the job as it ended (or was interrupted)."""
    while True:
        with held(JOBS, job.pk) as is_mine:
            if is_mine and (taken := _take(job.pk)):
                _carry_out(taken, stopping, watch)
                return Job.objects.get(pk=job.pk)
        job.refresh_from_db()
        if not job.is_open or len(stopping):
            return job
        if watch:
            watch(job.done, job.total)
        time.sleep(_PAUSE)


def work(stopping: Sized) -> None:
    """Run jobs as they come, and once a local day what is done daily, until `stopping` holds something."""
    lanes = [threading.Thread(target=_lane, args=(stopping,), name=f"jobs-{number}") for number in range(LANES)]
    for lane in lanes:
        lane.start()
    for lane in lanes:
        while lane.is_alive():  # a join without end would keep signals waiting
            lane.join(_PAUSE)


def _lane(stopping: Sized) -> None:
    while not len(stopping):
        pause = _PAUSE
        try:
            daily.ask(present())
            run_pending(stopping=stopping)
        except (OperationalError, InterfaceError) as error:
            _log.warning("jobs wait for PostgreSQL: %s", error)
            connection.close()
            pause = _AFTER_FAILURE
        except CordialeError as error:  # a broken company.yaml, say: said, and tried again
            _log.warning("jobs: %s", error)
            pause = _AFTER_FAILURE
        _sleep(pause, stopping)
    connection.close()


def _sleep(seconds: float, stopping: Sized) -> None:
    until = time.monotonic() + seconds
    while not len(stopping) and time.monotonic() < until:
        time.sleep(0.1)


def _run_next(stopping: Sized) -> bool:
    for number in Job.objects.filter(state__in=OPEN).order_by("pk").values_list("pk", flat=True)[:_LOOKED_AT]:
        with held(JOBS, number) as is_mine:
            if is_mine and (job := _take(number)):
                _carry_out(job, stopping, None)
                return True
    return False


def _take(number: int) -> Job | None:
    """The job, marked as running; None where it has ended meanwhile, or ends here because nobody can run it."""
    now = present()
    with transaction.atomic():
        job = Job.objects.select_for_update().filter(pk=number, state__in=OPEN).first()
        if job is None:
            return None
        job.crashes += job.state == JobState.RUNNING
        job.attempt += 1
        job.state, job.started_at = JobState.RUNNING, job.started_at or now
        job.save(update_fields=["crashes", "attempt", "state", "started_at"])
    if job.is_cancel_asked:
        _end(job, JobState.CANCELLED, now)
        return None
    if job.crashes >= MOST_CRASHES:
        times = f"It ended in the middle {job.crashes} times without coming forward"
        _end(job, JobState.FAILED, now, f"{times}: memory or the disk may be short. Mend that, then try again.")
        return None
    return job


def _carry_out(job: Job, stopping: Sized, watch: Watch | None) -> None:
    progress = Progress(job, present(), stopping=stopping, watch=watch)
    try:
        result = kinds.get_kind(job.kind).run(progress)
    except Interrupted:
        _mine(job).update(state=JobState.WAITING)
    except Lost as loss:
        _log.warning("%s", loss)
    except CordialeError as error:
        _end(job, JobState.FAILED, present(), str(error))
    except (OperationalError, InterfaceError):
        raise  # PostgreSQL is gone: the job is found again once it is back
    except Exception as error:  # noqa: BLE001 - a worker outlives whatever a job gets wrong
        _log.exception("job %s (%s)", job.pk, job.kind)
        _end(job, JobState.FAILED, present(), _OF_OURS.format(name=type(error).__name__, number=job.pk))
    else:
        state = JobState.CANCELLED if progress.was_cancelled else JobState.DONE
        _mine(job).update(state=state, result=result and dict(result), finished_at=present())


def _end(job: Job, state: JobState, now: datetime, error: str = "") -> None:
    _mine(job).update(state=state, error=error, finished_at=now)


def _mine(job: Job) -> QuerySet[Job]:
    """The row, while this attempt still has it."""
    return Job.objects.filter(pk=job.pk, state=JobState.RUNNING, attempt=job.attempt)
