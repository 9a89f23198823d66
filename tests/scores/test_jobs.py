"""Learning in the background: asked for once, cancelled, cut off, taken up again; looked at each night."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from datetime import datetime, timedelta

import pytest
from django.db import connection

from cordiale.insight import actions as insight
from cordiale.jobs import actions as jobs
from cordiale.jobs import running
from cordiale.jobs.models import Job, JobState
from cordiale.scores import actions, queries, watching
from cordiale.scores import jobs as nightly
from cordiale.scores.models import ScoreVersion, Watch

from . import base

pytestmark = pytest.mark.django_db


def test_a_fit_asked_for_twice_is_one_job_and_puts_the_score_in_force(filled: datetime) -> None:
    first = actions.ask("lapse_risk", actor="test", now=filled)

    assert actions.ask("lapse_risk", actor="other", now=filled) == first
    done = running.run(first)
    assert (done.state, done.result) == (JobState.DONE, {"version": 1, "is_refused": False})
    assert done.done > 0


def test_a_cancelled_fit_writes_nothing(filled: datetime) -> None:
    job = actions.ask("lapse_risk", actor="test", now=filled)

    done = running.run(job, watch=lambda done, total: Job.objects.filter(pk=job.pk).update(is_cancel_asked=True))

    assert done.state == JobState.CANCELLED
    assert not ScoreVersion.objects.exists()


def test_each_night_what_is_due_is_asked_for(filled: datetime) -> None:
    assert actions.ask_due(filled) == ["lapse_risk"]
    running.run_pending()

    later = filled + timedelta(days=1)
    assert actions.ask_due(later) == []
    assert actions.ask_due(filled + timedelta(days=40)) == ["lapse_risk"]
    base.declare(base.LAPSE.replace("horizon: 28", "horizon: 21"))
    assert queries.standing("lapse_risk").is_changed
    assert actions.is_due(queries.standing("lapse_risk"), later)


def test_a_score_refused_today_is_tried_again_tomorrow(filled: datetime) -> None:
    base.declare(base.LAPSE.replace("history: 90", "history: 900"))
    actions.fit("lapse_risk", actor="test", now=filled)

    assert actions.is_due(queries.standing("lapse_risk"), filled + timedelta(days=1))


def test_the_inputs_are_watched_each_night(filled: datetime) -> None:
    actions.fit("lapse_risk", actor="test", now=filled)
    insight.ensure_snapshot(filled)

    nightly.every_night(filled)
    nightly.every_night(filled)

    watch = Watch.objects.get()
    assert watch.worst == max(watch.drift.values())
    assert set(watch.drift) == set(queries.find_in_force("lapse_risk").parameters["features"])  # type: ignore[union-attr]


def test_customers_unlike_those_learnt_from_are_noticed(filled: datetime) -> None:
    actions.fit("lapse_risk", actor="test", now=filled)
    insight.ensure_snapshot(filled + timedelta(days=20))

    assert watching.watch(filled + timedelta(days=20))[0].worst > watching.THRESHOLD


def test_a_job_may_be_given_up_before_it_runs(filled: datetime) -> None:
    job = actions.ask("lapse_risk", actor="test", now=filled)
    jobs.cancel(job, "test", filled)

    assert queries.standing("lapse_risk").job is None


@pytest.mark.slow
@pytest.mark.django_db(transaction=True)
def test_a_killed_fit_leaves_no_half_version_and_is_taken_up_again(filled: datetime) -> None:
    job = actions.ask("lapse_risk", actor="test", now=filled)
    worker = subprocess.Popen([sys.executable, "-c", _WORKER, str(job.pk)], env={**os.environ, "DATABASE_URL": url()})
    while Job.objects.get(pk=job.pk).done < 1 and worker.poll() is None:
        time.sleep(0.05)
    worker.kill()
    worker.wait()

    assert not ScoreVersion.objects.exists()
    assert running.run(Job.objects.get(pk=job.pk)).state == JobState.DONE
    assert queries.find_in_force("lapse_risk") is not None


_WORKER = """
import sys
import django; django.setup()
from cordiale.jobs import running
from cordiale.jobs.models import Job
running.run(Job.objects.get(pk=int(sys.argv[1])))
"""


def url() -> str:
    """Where another process finds the tests' database."""
    parts = connection.settings_dict
    return f"postgresql://postgres@/{parts['NAME']}?host={parts['HOST']}"
