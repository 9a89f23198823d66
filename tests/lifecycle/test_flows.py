"""Flows between any two days, with their people."""

from __future__ import annotations

from datetime import date

import pytest

from cordiale.errors import NotFound, Refused
from cordiale.jobs import running
from cordiale.jobs.models import Job, JobState
from cordiale.lifecycle import computing, queries

from .conftest import Shop, keep

pytestmark = pytest.mark.django_db


def three_people(shop: Shop) -> tuple[date, date]:
    """On 30 September: 1 lost, 2 a prospect, 3 unknown. On 16 November: 1 occasional, 2 and 3 prospects."""
    shop.customers(1, 2, 3)
    start, end = date(2026, 9, 30), date(2026, 11, 16)
    keep(start, {1: "lost", 2: "prospect"})
    keep(end, {1: "occasional", 2: "prospect", 3: "prospect"})
    return start, end


def test_flows_are_counted_as_by_hand(shop: Shop) -> None:
    start, end = three_people(shop)

    found = queries.flows(start, end)

    assert found.customers == {("lost", "occasional"): 1, ("prospect", "prospect"): 1, (None, "prospect"): 1}
    assert found.missing == []


def test_days_without_a_snapshot_take_the_nearest_and_say_so(shop: Shop) -> None:
    start, end = three_people(shop)

    found = queries.flows(date(2026, 10, 10), date(2026, 11, 20))

    assert (found.start.day, found.end.day) == (start, end)
    assert found.missing == [date(2026, 10, 10), date(2026, 11, 20)]


def test_two_days_with_one_snapshot_between_them_are_refused(shop: Shop) -> None:
    three_people(shop)

    with pytest.raises(Refused, match="the same nearest snapshot, of 2026-09-30"):
        queries.flows(date(2026, 10, 1), date(2026, 10, 2))
    with pytest.raises(Refused, match="must lie before"):
        queries.flows(date(2026, 10, 2), date(2026, 10, 2))


def test_each_number_has_its_people(shop: Shop) -> None:
    start, end = three_people(shop)

    assert queries.movers(start, end, "lost", "occasional") == [1]
    assert queries.movers(start, end, "new", "prospect") == [3]
    assert queries.movers(start, end, "prospect", "gone") == []
    with pytest.raises(NotFound, match="there is no stage 'gone'"):
        queries.movers(start, end, "gone", "lost")


def test_a_day_computed_anew_is_not_answered_from_before(shop: Shop) -> None:
    start, end = three_people(shop)
    queries.flows(start, end)

    keep(start, {1: "lost", 2: "customer"})

    assert queries.flows(start, end).customers[("customer", "prospect")] == 1


def test_days_asked_for_are_computed_once_by_one_job(shop: Shop) -> None:
    three_people(shop)
    days = [date(2026, 10, 5), date(2026, 10, 25)]

    job = computing.ask(days, computing.FLOWS, actor="test", now=shop.now)

    assert computing.ask(days, computing.FLOWS, actor="test", now=shop.now) == job
    done = running.run(job)
    assert (done.state, done.result, done.done) == (JobState.DONE, {"days": 2}, 2)
    assert queries.flows(*days).missing == []
    assert computing.find_open() is None


def test_a_cancelled_job_keeps_the_days_it_did(shop: Shop) -> None:
    three_people(shop)
    job = computing.ask([date(2026, 10, 5), date(2026, 10, 25)], computing.FORECAST, actor="test", now=shop.now)

    done = running.run(job, watch=lambda done, total: Job.objects.filter(pk=job.pk).update(is_cancel_asked=True))

    assert done.state == JobState.CANCELLED
    assert queries.flows(date(2026, 9, 30), date(2026, 10, 5)).missing == []
