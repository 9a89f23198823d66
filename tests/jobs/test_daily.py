"""What is done once a local day."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import pytest

from cordiale.errors import CordialeError
from cordiale.home import Home
from cordiale.jobs import actions, daily, running
from cordiale.jobs.models import Job

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def done(fresh_home: Home) -> Iterator[list[str]]:
    """Two pieces of daily work; the first fails while `fail` stands in the list."""
    others, seen = dict(daily._dailies), []

    def first(now: datetime) -> None:
        if "fail" in seen:
            raise CordialeError("no room on the disk; make some")
        seen.append("first")

    daily._dailies.clear()
    daily.register(daily.Daily("second", 20, lambda now: seen.append("second")))
    daily.register(daily.Daily("first", 10, first))
    yield seen
    daily._dailies.clear()
    daily._dailies.update(others)


def day_begins(now: datetime) -> None:
    daily.ask(now)
    running.run_pending()


def test_a_day_is_done_once_in_order_however_the_clock_jumps(done: list[str], now: datetime) -> None:
    for shift in (0, 3, -2, 0):
        day_begins(now + timedelta(hours=shift))
    assert done == ["first", "second"]
    day_begins(now + timedelta(days=40))
    day_begins(now)
    assert done == ["first", "second"] * 2


def test_the_day_is_the_companys_not_utc(done: list[str]) -> None:
    day_begins(datetime(2026, 11, 16, 22, 30, tzinfo=UTC))  # 23:30 in Paris
    day_begins(datetime(2026, 11, 16, 23, 30, tzinfo=UTC))  # half past midnight there
    assert done == ["first", "second"] * 2


def test_a_stop_of_days_is_caught_up_by_one_run(done: list[str], now: datetime) -> None:
    day_begins(now)
    day_begins(now + timedelta(days=5))
    assert done == ["first", "second"] * 2


def test_jobs_are_forgotten_half_a_year_after_their_end(done: list[str], now: datetime) -> None:
    day_begins(now)
    ended = Job.objects.get().finished_at
    assert ended is not None
    assert actions.forget(ended + timedelta(days=180)) == 0
    assert actions.forget(ended + timedelta(days=183)) == 1
    assert not Job.objects.exists()


def test_one_that_fails_keeps_no_other_from_being_done(done: list[str], now: datetime) -> None:
    done.append("fail")
    day_begins(now)
    job = Job.objects.get()
    assert done == ["fail", "second"]
    assert "first: no room on the disk; make some" in job.error
    done.remove("fail")
    actions.try_again(job, "test", now)
    running.run_pending()
    assert done == ["second", "first"]
