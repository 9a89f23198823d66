"""People enter, walk and leave by the clock they are given."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest

from cordiale.decisions.models import Decision, Proposal
from cordiale.deliveries.models import Message
from cordiale.errors import Refused
from cordiale.programmes import actions, engine
from cordiale.programmes.models import Enrolment, Passage, Tick
from cordiale.segments.actions import save_segment
from cordiale.segments.models import Segment

from .conftest import DAY, HOUR, WIN_BACK, Cast, walk_of


def test_who_enters_the_segment_after_the_start_walks_and_is_written_to(cast: Cast, now: datetime):
    cast.apply()
    customer = cast.customer()
    report = engine.tick(now + HOUR)
    assert (report.of("win-back").entered, report.of("win-back").sent) == (1, 1)
    assert Message.objects.get().customer == customer
    assert walk_of(customer).step == "1"


def test_who_was_in_the_segment_before_the_start_does_not_fire(cast: Cast, now: datetime):
    cast.customer()
    cast.apply()
    assert engine.tick(now + HOUR).of("win-back").entered == 0
    assert engine.tick(now + DAY).of("win-back").entered == 0


def test_a_tick_at_the_same_instant_does_nothing_new(cast: Cast, now: datetime):
    cast.apply()
    cast.customer()
    engine.tick(now + HOUR)
    again = engine.tick(now + HOUR)
    assert again.is_idle()
    assert Proposal.objects.count() == Message.objects.count() == 1


def test_the_clock_never_goes_back(cast: Cast, now: datetime):
    engine.tick(now + DAY)
    with pytest.raises(Refused, match=r"2026-11-17.*2026-11-16"):
        engine.tick(now)


def test_an_order_ends_the_wait_and_reaches_the_goal(cast: Cast, now: datetime):
    cast.apply()
    customer = cast.customer()
    engine.tick(now + HOUR)
    cast.order(customer, now + DAY)
    report = engine.tick(now + 2 * DAY)
    assert report.of("win-back").exited == {"goal": 1}
    assert list(Passage.objects.order_by("id").values_list("step", "way")) == [
        ("0", "done"), ("1", "event"), ("2", "then"), ("2.then.0", "done"),
    ]  # fmt: skip
    assert walk_of(customer).exit_reason == "goal"


def test_without_an_order_the_wait_runs_out_and_the_second_message_goes(cast: Cast, now: datetime):
    cast.apply()
    customer = cast.customer()
    engine.tick(now + HOUR)
    assert engine.tick(now + 7 * DAY).of("win-back").moved == 0
    report = engine.tick(now + 7 * DAY + HOUR)
    assert (report.of("win-back").sent, report.of("win-back").exited) == (1, {"end": 1})
    assert list(Message.objects.order_by("id").values_list("step", flat=True)) == ["0", "2.else.0"]
    assert walk_of(customer).due_at is None


def test_an_order_after_the_wait_ended_is_too_late_even_in_a_late_tick(cast: Cast, now: datetime):
    cast.apply()
    customer = cast.customer()
    engine.tick(now + HOUR)
    cast.order(customer, now + 20 * DAY)
    engine.tick(now + 31 * DAY)
    assert Passage.objects.get(step="1").way == "timeout"


def test_a_return_is_not_an_order(cast: Cast, now: datetime):
    cast.apply()
    customer = cast.customer()
    engine.tick(now + HOUR)
    cast.order(customer, now + DAY, amount="-12.50")
    assert engine.tick(now + 2 * DAY).of("win-back").moved == 0


def test_a_clock_that_jumps_a_month_fires_each_step_once(cast: Cast, now: datetime):
    cast.apply()
    cast.customer()
    engine.tick(now + HOUR)
    report = engine.tick(now + 31 * DAY)
    assert report.of("win-back").sent == 1
    assert engine.tick(now + 62 * DAY).is_idle()
    assert Message.objects.count() == 2


def test_who_orders_is_not_sent_what_was_postponed(cast: Cast, now: datetime):
    cast.apply()
    customer = cast.customer()
    engine.tick(now.replace(hour=22))
    cast.order(customer, now.replace(hour=22) + HOUR)
    engine.tick(now + DAY)
    assert Decision.objects.order_by("-id")[0].rule == "left"
    assert not Message.objects.exists()


def test_the_excluded_do_not_enter(cast: Cast, now: datetime):
    cast.apply()
    cast.customer(declared={"staff": "yes"})
    assert engine.tick(now + HOUR).of("win-back").entered == 0


def test_one_walks_once_until_reentry_is_due(cast: Cast, now: datetime):
    cast.apply()
    customer = cast.customer()
    engine.tick(now + HOUR)
    for days in (20, 100, 190):
        cast.move(customer, "Lyon", now + days * DAY)
        engine.tick(now + days * DAY)
        cast.move(customer, "Dormont", now + (days + 1) * DAY)
        engine.tick(now + (days + 1) * DAY)
    walks = Enrolment.objects.order_by("occurrence").values_list("occurrence", "entered_at")
    assert list(walks) == [(1, now + HOUR), (2, now + 191 * DAY)]


def test_never_is_once_in_a_lifetime(cast: Cast, now: datetime):
    cast.apply(WIN_BACK.replace("{after: 180 days}", "never"))
    customer = cast.customer()
    engine.tick(now + HOUR)
    cast.move(customer, "Lyon", now + 300 * DAY)
    engine.tick(now + 300 * DAY)
    cast.move(customer, "Dormont", now + 301 * DAY)
    assert engine.tick(now + 301 * DAY).of("win-back").entered == 0


def test_a_pause_lets_nobody_enter_or_move_and_nothing_piles_up(cast: Cast, now: datetime):
    cast.apply()
    inside = cast.customer()
    engine.tick(now + HOUR)
    actions.pause_programme("win-back", actor="test", now=now + DAY)
    cast.customer()
    assert engine.tick(now + 20 * DAY).of("win-back").entered == 0
    actions.start_programme("win-back", actor="test", now=now + 30 * DAY)
    report = engine.tick(now + 30 * DAY + HOUR)
    assert (report.of("win-back").entered, report.of("win-back").moved) == (0, 0)
    assert walk_of(inside).due_at == now + 36 * DAY + HOUR


def test_what_was_proposed_before_a_pause_is_not_sent_during_it(cast: Cast, now: datetime):
    cast.apply()
    cast.customer()
    night = now.replace(hour=22)
    engine.tick(night)
    actions.pause_programme("win-back", actor="test", now=night + HOUR)
    engine.tick(now + DAY)
    assert not Message.objects.exists()
    actions.start_programme("win-back", actor="test", now=now + DAY + HOUR)
    engine.tick(now + DAY + 2 * HOUR)
    assert Message.objects.count() == 1


def test_people_inside_finish_the_version_they_entered(cast: Cast, now: datetime):
    cast.apply()
    early = cast.customer()
    engine.tick(now + HOUR)
    shorter = WIN_BACK.split("  - wait")[0]
    cast.apply(shorter, now + DAY, start=False)
    late = cast.customer()
    engine.tick(now + DAY + HOUR)
    assert (walk_of(early).version.number, walk_of(late).version.number) == (1, 2)
    assert walk_of(late).exit_reason == "end"
    engine.tick(now + 9 * DAY)
    assert Message.objects.filter(customer=early).count() == 2


def test_leaving_the_panel_ends_the_walk_only_where_it_is_said(cast: Cast, now: datetime):
    cast.apply(WIN_BACK.replace("control: 0 %", "control: 0 %, leaving: exits"))
    customer = cast.customer()
    engine.tick(now + HOUR)
    cast.move(customer, "Lyon", now + DAY)
    assert engine.tick(now + DAY).of("win-back").exited == {"left-panel": 1}


def test_the_control_group_walks_and_is_refused_as_control(cast: Cast, now: datetime):
    cast.apply(WIN_BACK.replace("control: 0 %", "control: 50 %"))
    for _ in range(40):
        cast.customer()
    done = engine.tick(now + HOUR).of("win-back")
    assert done.entered == 40
    assert 8 <= done.control <= 32
    assert done.refused == {"control": done.control}
    assert done.sent == 40 - done.control


def test_a_split_sends_everybody_one_way(cast: Cast, now: datetime):
    split = """\
  - split:
      - {share: 50 %, steps: [{send: {channel: email, template: we-miss-you}}]}
      - {share: 50 %, steps: [{exit: nothing}]}
"""
    cast.apply(WIN_BACK.split("  - send")[0] + split)
    for _ in range(40):
        cast.customer()
    done = engine.tick(now + HOUR).of("win-back")
    assert done.exited["end"] + done.exited["nothing"] == 40
    assert done.sent == done.exited["end"]
    assert 8 <= done.sent <= 32


def test_a_programme_that_cannot_go_on_does_not_stop_the_others(cast: Cast, now: datetime):
    save_segment("regular", "city = 'Dormont'", actor="test", now=now - DAY)
    cast.apply(WIN_BACK.replace("orders(since => entry) > 0", "in_segment('regular')").replace("win-back", "broken"))
    cast.apply()
    cast.customer()
    engine.tick(now + HOUR)
    Segment.objects.filter(name="regular").delete()
    report = engine.tick(now + 8 * DAY)
    assert "regular" in report.problems["broken"]
    assert report.of("win-back").exited == {"end": 1}


def test_idle_ticks_leave_one_row(cast: Cast, now: datetime):
    for minutes in range(5):
        engine.tick(now + timedelta(minutes=minutes))
    assert Tick.objects.count() <= 2
