"""Jobs: asked for, run once at a time, taken up again, cancelled, told."""

from __future__ import annotations

import threading
from collections.abc import Iterator, Mapping
from datetime import datetime, timedelta
from typing import Any

import pytest
from django.db import connection, transaction

from cordiale.accounts.models import Staff
from cordiale.errors import CordialeError, Refused
from cordiale.home import Home
from cordiale.jobs import actions, alone, kinds, running
from cordiale.jobs.models import Job, JobState
from cordiale.jobs.progress import Lost, Progress

pytestmark = pytest.mark.django_db(transaction=True)
KIND = "test-kind"


@pytest.fixture
def runs(fresh_home: Home) -> Iterator[list[Progress]]:
    """A kind of job that remembers each run; its arguments say what it does."""
    seen: list[Progress] = []

    def run(job: Progress) -> Mapping[str, Any] | None:
        seen.append(job)
        for step in range(job.kept.get("step", 0), job.arguments.get("steps", 1)):
            if job.is_cancelled():
                break
            job.keep(step=step + 1)
            job.done(step + 1, job.arguments.get("steps", 1))
        if job.arguments.get("fails"):
            raise CordialeError("the file is empty; choose another")
        return {"steps": job.kept.get("step", 0)}

    kinds.register(kinds.Kind(KIND, run, "Test"))
    yield seen
    kinds._kinds.pop(KIND)


def ask(now: datetime, **arguments: Any) -> Job:
    return actions.enqueue(KIND, arguments, "a file", "test", now)


def left_behind(now: datetime, **values: Any) -> Job:
    """A job whose worker was killed: it says it runs, and nobody holds its lock."""
    job = ask(now, steps=3)
    Job.objects.filter(pk=job.pk).update(state=JobState.RUNNING, attempt=1, **values)
    return Job.objects.get(pk=job.pk)


def test_a_job_runs_once_and_keeps_its_result(runs: list[Progress], now: datetime) -> None:
    job = ask(now, steps=3)
    assert running.run_pending() == 1
    assert running.run_pending() == 0
    job.refresh_from_db()
    assert (job.state, job.done, job.total, job.result) == ("done", 3, 3, {"steps": 3})
    assert len(runs) == 1


def test_nothing_is_run_that_a_rollback_took_back(runs: list[Progress], now: datetime) -> None:
    with transaction.atomic():
        ask(now)
        transaction.set_rollback(True)
    assert running.run_pending() == 0


def test_a_failed_job_says_what_to_do_and_goes_on_when_tried_again(runs: list[Progress], now: datetime) -> None:
    job = ask(now, fails=True, steps=2)
    running.run_pending()
    job.refresh_from_db()
    assert (job.state, job.error) == ("failed", "the file is empty; choose another")
    actions.try_again(job, "test", now)
    running.run_pending()
    assert runs[1].kept == {"step": 2}


def test_a_mistake_of_ours_is_no_trace_on_a_page(runs: list[Progress], now: datetime) -> None:
    job = ask(now, steps="many")
    running.run_pending()
    job.refresh_from_db()
    assert job.state == "failed"
    assert "mistake of ours" in job.error
    assert "Traceback" not in job.error


def test_a_job_left_behind_is_taken_up_where_it_was(runs: list[Progress], now: datetime) -> None:
    job = left_behind(now, kept={"step": 2})
    running.run_pending()
    job.refresh_from_db()
    assert (job.state, job.result) == ("done", {"steps": 3})
    assert runs[0].kept["step"] == 3


def test_a_job_another_worker_holds_is_left_alone(runs: list[Progress], now: datetime) -> None:
    job = left_behind(now)
    held, finished = threading.Event(), threading.Event()

    def other_worker() -> None:
        with alone.held(running.JOBS, job.pk) as is_mine:
            assert is_mine
            held.set()
            finished.wait(20)
        connection.close()

    other = threading.Thread(target=other_worker)
    other.start()
    held.wait(20)
    assert running.run_pending() == 0
    finished.set()
    other.join()
    assert running.run_pending() == 1


def test_a_worker_that_lost_its_job_can_write_no_more(runs: list[Progress], now: datetime) -> None:
    job = left_behind(now)
    stale = Progress(job, now)
    running.run_pending()
    with pytest.raises(Lost):
        stale.done(1, 3)


def test_what_kills_its_workers_is_given_up_with_words(runs: list[Progress], now: datetime) -> None:
    job = left_behind(now, crashes=running.MOST_CRASHES - 1)
    running.run_pending()
    job.refresh_from_db()
    assert job.state == "failed"
    assert "memory or the disk" in job.error
    assert not runs


def test_waiting_work_is_cancelled_at_once(runs: list[Progress], now: datetime) -> None:
    job = actions.cancel(ask(now), "test", now)
    assert job.state == "cancelled"
    assert running.run_pending() == 0
    with pytest.raises(Refused):
        actions.cancel(job, "test", now)


def test_running_work_ends_at_its_next_step_and_keeps_what_it_wrote(runs: list[Progress], now: datetime) -> None:
    job = ask(now, steps=5)
    running.run(job, watch=lambda done, total: actions.cancel(job, "test", now) and None if done == 2 else None)
    job.refresh_from_db()
    assert (job.state, job.result) == ("cancelled", {"steps": 2})


def test_a_worker_that_ends_puts_its_job_back(runs: list[Progress], now: datetime) -> None:
    job, stopping = ask(now, steps=5), []
    running.run(job, watch=lambda done, total: stopping.append(done) if done == 2 else None, stopping=stopping)
    job.refresh_from_db()
    assert (job.state, job.kept, job.crashes) == ("waiting", {"step": 2}, 0)
    assert running.run_pending() == 1


def test_a_key_asks_once_whatever_became_of_it(runs: list[Progress], now: datetime) -> None:
    first = actions.enqueue(KIND, {}, "", "test", now, key="one")
    running.run_pending()
    assert actions.enqueue(KIND, {}, "", "test", now + timedelta(days=1), key="one").pk == first.pk
    assert running.run_pending() == 0


def test_who_asked_is_told_once(runs: list[Progress], now: datetime, client: Any) -> None:
    staff = Staff.objects.create(email="m@example.org", role="marketer", language="en", created_at=now)
    actions.enqueue(KIND, {}, "customers.csv", staff, now)
    client.force_login(staff)
    assert "customers.csv: done" not in client.get("/jobs/").content.decode()
    running.run_pending()
    assert "Test · customers.csv: done." in client.get("/jobs/").content.decode()
    assert "Test · customers.csv: done." not in client.get("/jobs/").content.decode()


def test_the_page_shows_progress_and_cancels(runs: list[Progress], now: datetime, client: Any) -> None:
    staff = Staff.objects.create(email="m@example.org", role="marketer", language="en", created_at=now)
    job = actions.enqueue(KIND, {}, "customers.csv", staff, now)
    client.force_login(staff)
    fragment = client.get(f"/jobs/{job.pk}/", headers={"HX-Request": "true"}).content.decode()
    assert "<progress" in fragment
    assert "every 1s" in fragment
    client.post(f"/jobs/{job.pk}/cancel/")
    ended = client.get(f"/jobs/{job.pk}/?reload=1", headers={"HX-Request": "true"})
    assert "every 1s" not in ended.content.decode()
    assert ended.headers["HX-Refresh"] == "true"
