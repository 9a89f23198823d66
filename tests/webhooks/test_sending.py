"""Telling others, through real connections: at least once, each for itself, for about three days."""

from __future__ import annotations

import threading
from datetime import datetime, timedelta
from typing import Any

import pytest
from django.db import connection
from standardwebhooks import Webhook

from cordiale import clock
from cordiale.connectors import keeping
from cordiale.customers.models import Customer
from cordiale.customers.signals import customers_changed
from cordiale.errors import Refused, Unavailable
from cordiale.webhooks import actions, rules, sending
from cordiale.webhooks.actions import deliver
from cordiale.webhooks.models import Attempt, Delivery, Endpoint, Message, State
from tests.webhooks.conftest import Listen
from tests.webhooks.servers import answering, endless, waiting

DAY = timedelta(days=1)


def change(now: datetime, *numbers: int) -> None:
    customers_changed.send(Customer, customer_ids=list(numbers or (1,)), fields=["city"], is_new=False, now=now)


def in_thread(work: Any, *given: Any) -> threading.Thread:
    """Run beside the test, with a connection of its own."""

    def run() -> None:
        try:
            work(*given)
        finally:
            connection.close()

    thread = threading.Thread(target=run)
    thread.start()
    return thread


def wait_until(is_so: Any) -> None:
    event = threading.Event()
    for _ in range(4_500):
        if is_so():
            return
        event.wait(0.02)
    raise AssertionError("it never came")


def test_what_is_told_is_signed_as_the_standard_says(listen: Listen) -> None:
    other, added = listen()
    change(clock.now(), 7)
    assert deliver(clock.now()) == sending.Delivered(delivered=1)
    (one,) = other.received
    told = Webhook(added.secret).verify(one.body, one.headers)
    assert told["data"]["changes"] == [{"customers": [7], "is_new": False, "fields": ["city"]}]
    assert one.headers["content-type"] == "application/json"
    assert one.headers["webhook-id"] == Message.objects.get().key


def test_an_answer_that_fails_is_tried_again_under_the_same_id(listen: Listen, now: datetime) -> None:
    other, _ = listen(behave=answering(500))
    change(now)
    assert deliver(now).failed == 1
    assert deliver(now + timedelta(seconds=1)) == sending.Delivered()
    other.behave = answering(200)
    assert deliver(now + timedelta(seconds=30)).delivered == 1
    assert len(set(other.keys)) == 1
    assert [one.status for one in Attempt.objects.order_by("pk")] == [500, 200]
    assert Endpoint.objects.get().failures == 0


def test_after_three_days_of_failures_it_is_given_up_and_can_be_sent_again(listen: Listen, now: datetime) -> None:
    other, _ = listen(behave=answering(500))
    change(now)
    later = now
    while Delivery.objects.filter(state=State.WAITING).exists() or not Delivery.objects.exists():
        deliver(later)
        endpoint = Endpoint.objects.get()
        later = max(Delivery.objects.get().due_at, endpoint.resume_at or later) + timedelta(seconds=1)
    assert 2 * DAY < later - now < 5 * DAY
    assert len(other.received) == len(rules.SCHEDULE) + 1
    other.behave = answering(200)
    assert actions.send_again(Endpoint.objects.get(), None, actor="test", now=later) == 1
    assert deliver(later).delivered == 1
    assert len(set(other.keys)) == 1


def test_gone_switches_the_webhook_off_and_nothing_is_sent_any_more(listen: Listen, now: datetime) -> None:
    other, _ = listen(behave=answering(410))
    change(now, 1)
    deliver(now)
    change(now, 2)
    deliver(now + DAY)
    endpoint = Endpoint.objects.get()
    assert (endpoint.is_active, endpoint.disabled_reason) == (False, "answered 410: gone")
    assert len(other.received) == 1
    with pytest.raises(Refused, match="switch it on first"):
        actions.send_again(endpoint, None, actor="test", now=now)
    other.behave = answering(200)
    actions.enable("crm", actor="test", now=now + DAY)
    assert actions.send_again(actions.get_endpoint("crm"), None, actor="test", now=now + DAY) == 1
    assert deliver(now + DAY).delivered == 1


def test_whoever_asks_for_peace_gets_it(listen: Listen, now: datetime) -> None:
    other, _ = listen(behave=answering(429, retry_after="3600"))
    change(now, 1)
    deliver(now)
    change(now, 2)
    assert deliver(now + timedelta(minutes=59)) == sending.Delivered()
    other.behave = answering(200)
    assert deliver(now + timedelta(minutes=61)).delivered == 2


def test_a_redirection_is_not_followed(listen: Listen, now: datetime) -> None:
    aim, _ = listen("aim")
    listen("crm", answering(307, location=aim.url))
    actions.remove("aim", actor="test", now=now)
    change(now)
    assert deliver(now).failed == 1
    assert aim.received == []
    assert "redirect" in rules.in_words(307, Attempt.objects.get().reason)


def test_an_answer_without_end_is_not_read_to_its_end(listen: Listen, now: datetime) -> None:
    other, _ = listen(behave=endless)
    change(now)
    assert deliver(now).delivered == 1
    assert len(other.received) == 1


def test_an_address_that_nobody_answers_at_is_a_failure_with_its_reason(listen: Listen, now: datetime) -> None:
    listen()
    Endpoint.objects.update(url="http://127.0.0.1:9/")
    change(now)
    assert deliver(now).failed == 1
    assert Attempt.objects.get().reason.startswith("no answer")


def test_a_slow_server_holds_nobody_else_up(listen: Listen, now: datetime) -> None:
    taken = threading.Event()
    slow, _ = listen("slow", waiting(taken))
    fast, _ = listen("fast")
    sender = sending.Sender()
    try:
        for number in range(1, 6):
            change(now, number)
            sender.start(now)
            wait_until(lambda number=number: len(fast.received) == number)
            wait_until(lambda: Delivery.objects.filter(endpoint__name="fast", state=State.WAITING).count() == 0)
        assert len(slow.received) == 1
        taken.set()
        sender.finish()
    finally:
        taken.set()
        sender.close()
    assert Delivery.objects.filter(endpoint__name="slow", state=State.DELIVERED).count() >= 1


def test_two_workers_never_send_one_message_twice(listen: Listen, now: datetime) -> None:
    other, _ = listen()
    for number in range(30):
        change(now, number)
        if number % 3 == 0:
            sending.outbox.make_messages(now)
    workers = [in_thread(deliver, now) for _ in range(4)]
    for worker in workers:
        worker.join(60)
    deliver(now)
    assert not Delivery.objects.exclude(state=State.DELIVERED).exists()
    assert len(other.keys) == len(set(other.keys)) == Message.objects.count() > 5


def test_one_session_at_a_time_speaks_to_an_endpoint(listen: Listen, now: datetime) -> None:
    taken = threading.Event()
    other, _ = listen(behave=waiting(taken))
    change(now)
    worker = in_thread(deliver, now)
    wait_until(lambda: len(other.received) == 1)
    assert deliver(now) == sending.Delivered()
    with pytest.raises(Unavailable, match="right now"):
        actions.test("crm", actor="test", now=now)
    taken.set()
    worker.join(60)
    deliver(now)
    assert [Message.objects.get(key=key).type for key in other.keys] == ["customers.changed", "test"]


@pytest.mark.parametrize("jump", [-10 * DAY, -timedelta(hours=1), 10 * DAY])
def test_a_clock_that_jumps_loses_nothing_and_holds_nothing_up(listen: Listen, now: datetime, jump: timedelta) -> None:
    other, _ = listen()
    change(now, 1)
    sending.outbox.make_messages(now)
    change(now, 2)
    assert deliver(now + jump).delivered == 2
    assert len(set(other.keys)) == 2


def test_a_failure_dated_by_a_clock_that_ran_ahead_is_tried_again(listen: Listen, now: datetime) -> None:
    other, _ = listen(behave=answering(500))
    change(now)
    deliver(now + 10 * DAY)
    other.behave = answering(200)
    assert deliver(now).delivered == 1


def test_one_bad_message_does_not_stop_the_others(listen: Listen, now: datetime) -> None:
    other, _ = listen()

    def refuse_first(handler: Any) -> None:
        answering(500 if other.keys[-1] == other.keys[0] else 200)(handler)

    other.behave = refuse_first
    for number in (1, 2, 3):
        change(now, number)
        sending.outbox.make_messages(now)
    deliver(now)
    assert deliver(now + timedelta(seconds=20)).delivered + deliver(now + timedelta(seconds=40)).delivered == 2
    assert Delivery.objects.get(state=State.WAITING).attempts >= 1


def test_after_an_outage_what_waits_goes_at_once(listen: Listen, now: datetime) -> None:
    other, _ = listen(behave=answering(503))
    for number in range(4):
        change(now, number)
        sending.outbox.make_messages(now)
    later = now
    for _ in range(rules.OUTAGE + 4):
        deliver(later)
        later += timedelta(hours=3)
    other.behave = answering(200)
    deliver(later)
    assert not Delivery.objects.exclude(state=State.DELIVERED).exists()


def test_an_endpoint_down_for_days_gives_up_what_is_old_with_the_reason(listen: Listen, now: datetime) -> None:
    listen(behave=answering(503))
    for number in range(6):
        change(now, number)
        sending.outbox.make_messages(now)
    Endpoint.objects.update(failures=len(rules.SCHEDULE))
    assert deliver(now + 4 * DAY) == sending.Delivered(failed=1, given_up=6)
    reasons = Attempt.objects.filter(status=0).values_list("reason", flat=True)
    assert set(reasons) == {rules.NEVER_TAKEN}


def test_a_test_message_goes_before_all_that_waits_and_says_what_came(listen: Listen, now: datetime) -> None:
    other, _ = listen(behave=answering(500))
    change(now)
    deliver(now)
    assert actions.test("crm", actor="test", now=now).state == State.WAITING
    other.behave = answering(200)
    assert actions.test("crm", actor="test", now=now).state == State.DELIVERED
    assert b'"type": "test"' in other.received[-1].body


def test_a_webhook_removed_while_it_is_spoken_to_leaves_nothing(listen: Listen, now: datetime) -> None:
    taken = threading.Event()
    other, _ = listen(behave=waiting(taken))
    change(now)
    worker = in_thread(deliver, now)
    wait_until(lambda: len(other.received) == 1)
    actions.remove("crm", actor="test", now=now)
    taken.set()
    worker.join(60)
    assert not Delivery.objects.exists()


def test_a_secret_that_is_gone_is_said_and_nothing_is_sent_unsigned(listen: Listen, now: datetime) -> None:
    other, _ = listen()
    keeping.forget(Endpoint.objects.get().secret)
    change(now)
    assert deliver(now).failed == 1
    assert other.received == []
    assert "secret" in Attempt.objects.get().reason


def test_what_is_old_and_done_is_deleted_and_what_waits_is_not(listen: Listen, now: datetime) -> None:
    listen()
    change(now - 31 * DAY, 1)
    deliver(now - 31 * DAY)
    change(now - 31 * DAY, 2)
    sending.outbox.make_messages(now - 31 * DAY)
    change(now, 3)
    deliver_later = Message.objects.filter(deliveries__state=State.WAITING).count()
    actions.forget_old(now)
    assert deliver_later == 1
    assert deliver(now).delivered == 2
    assert Message.objects.count() == 2
