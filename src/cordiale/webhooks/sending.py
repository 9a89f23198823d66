"""Telling what waits to be told. One session at a time speaks to an endpoint, and holds only that endpoint up.

The session holds an advisory lock of PostgreSQL while it sends: two workers can never send one delivery at the same
time, whatever their clocks say, and a killed worker's lock is free at once. What it had sent and not yet noted is sent
again under the same `webhook-id`: at least once, and the other side can tell.
"""

from __future__ import annotations

import logging
import random
import threading
import time
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor, wait
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.conf import settings
from django.db import connection, transaction
from django.db.models import Exists, OuterRef, Q, QuerySet

from cordiale.connectors import keeping
from cordiale.errors import Unavailable
from cordiale.jobs.alone import held
from cordiale.webhooks import outbox, rules
from cordiale.webhooks.calling import Caller
from cordiale.webhooks.models import Attempt, Delivery, Endpoint, State
from cordiale.webhooks.rules import Answer

_LOCKS = 0x436F7268
AT_ONCE = 8
"""Endpoints spoken to at the same time; each takes a connection to PostgreSQL meanwhile."""
_A_TURN, _TURN_SECONDS = 200, 30.0
"""Deliveries to one endpoint, and seconds, before the others' turn."""
_AHEAD = rules.LONGEST_WAIT * 2
"""What is due later than this was dated by a clock that ran ahead: it is due now."""
_log = logging.getLogger(__name__)
Clock = Callable[[], datetime]


@dataclass(frozen=True)
class Delivered:
    """What a round did. `given_up` are not tried again."""

    delivered: int = 0
    failed: int = 0
    given_up: int = 0

    def __add__(self, other: Delivered) -> Delivered:
        return Delivered(self.delivered + other.delivered, self.failed + other.failed, self.given_up + other.given_up)


class Sender:
    """A worker's sender: a slow endpoint keeps its own thread, the next round goes on with the others."""

    def __init__(self, at_once: int = AT_ONCE) -> None:
        self._pool = ThreadPoolExecutor(at_once, thread_name_prefix="webhooks")
        self._busy: dict[int, Future[Delivered]] = {}
        self._stopping = threading.Event()

    def start(self, now: datetime) -> bool:
        """Make messages, begin sending to each endpoint that waits and is not being sent to; is there more to do?"""
        outbox.make_messages(now)
        was_taken = self._collect()
        clock = _from(now)
        for number in due_endpoints(now):
            if number not in self._busy:
                self._busy[number] = self._pool.submit(_in_thread, number, clock, self._stopping.is_set)
        return was_taken

    def finish(self) -> Delivered:
        """Wait for what was begun; what it did."""
        wait(self._busy.values())
        return sum((future.result() for future in self._busy.values()), Delivered())

    def close(self) -> None:
        """End after the calls under way."""
        self._stopping.set()
        self._pool.shutdown(wait=True, cancel_futures=True)

    def _collect(self) -> bool:
        """Forget the turns that ended; did any deliver something?"""
        ended = {number: future for number, future in self._busy.items() if future.done()}
        was_taken = False
        for number, future in ended.items():
            del self._busy[number]
            if (error := future.exception()) is not None:
                _log.error("sending to webhook %s: %s", number, error, exc_info=error)
            else:
                was_taken = was_taken or future.result().delivered > 0
        return was_taken


def deliver(now: datetime) -> Delivered:
    """One round: make messages of what changed and send what is due, endpoint beside endpoint."""
    sender = Sender()
    try:
        sender.start(now)
        return sender.finish()
    finally:
        sender.close()


def send_one(delivery: Delivery, now: datetime) -> Delivered:
    """Send one delivery at once, whatever waits before it. Raises Unavailable while others are sent to its endpoint."""
    with held(_LOCKS, delivery.endpoint_id) as is_mine:
        if not is_mine:
            raise Unavailable(
                f"{delivery.endpoint.name} is being sent to right now; this one is next, look in a minute"
            )
        return _speak(delivery.endpoint, [delivery], _from(now), bool)


def due_endpoints(now: datetime) -> list[int]:
    """Endpoints in use with something due that are not being left in peace."""
    calm = Q(resume_at__isnull=True) | Q(resume_at__lte=now) | Q(resume_at__gt=now + _AHEAD)
    waiting = Delivery.objects.filter(_due(now), endpoint=OuterRef("pk"))
    return list(
        Endpoint.objects.filter(calm, Exists(waiting), is_active=True).order_by("pk").values_list("pk", flat=True)
    )


def _due(now: datetime) -> Q:
    return Q(state=State.WAITING) & (Q(attempts=0) | Q(due_at__lte=now) | Q(due_at__gt=now + _AHEAD))


def _from(now: datetime) -> Clock:
    """A clock that shows `now` and goes on: a turn may wait for others and last."""
    started = time.monotonic()
    return lambda: now + timedelta(seconds=time.monotonic() - started)


def _in_thread(number: int, clock: Clock, is_stopping: Callable[[], bool]) -> Delivered:
    try:
        return send_to(number, clock, is_stopping)
    finally:
        connection.close()


def send_to(number: int, clock: Clock, is_stopping: Callable[[], bool] = bool) -> Delivered:
    """Send what is due to one endpoint, oldest first, until it fails once; nothing where another session does so."""
    with held(_LOCKS, number) as is_mine:
        endpoint = Endpoint.objects.filter(pk=number, is_active=True).first() if is_mine else None
        if endpoint is None:
            return Delivered()
        return _speak(endpoint, _turn(endpoint, clock), clock, is_stopping)


def _turn(endpoint: Endpoint, clock: Clock) -> Iterator[Delivery]:
    """One by one, each read after the one before was noted."""
    until = clock() + timedelta(seconds=_TURN_SECONDS)
    for _ in range(_A_TURN):
        due = endpoint.deliveries.filter(_due(clock())).select_related("message").order_by("due_at", "pk").first()
        if due is None or clock() > until:
            return
        yield due


def _speak(
    endpoint: Endpoint, deliveries: Iterable[Delivery], clock: Clock, is_stopping: Callable[[], bool]
) -> Delivered:
    done = Delivered()
    with Caller(settings.WEBHOOKS_ALLOW) as caller:
        for delivery in deliveries:
            answer = _call(caller, endpoint, delivery, clock())
            done += _note(endpoint, delivery, answer, clock())
            if not answer.is_taken or is_stopping():
                break
    return done


def _call(caller: Caller, endpoint: Endpoint, delivery: Delivery, now: datetime) -> Answer:
    try:
        secret = keeping.read(endpoint.secret)
    except Unavailable as error:
        return Answer(0, str(error))
    body = delivery.message.body.encode()
    return caller.post(endpoint.url, body, rules.sign(secret, delivery.message.key, now, body))


def _note(endpoint: Endpoint, delivery: Delivery, answer: Answer, now: datetime) -> Delivered:
    """Keep what became of an attempt. Where the delivery was removed meanwhile nothing is left to keep."""
    attempts = delivery.attempts + 1
    due = None if answer.status == 410 else rules.next_attempt(attempts, answer, now, random.random())  # noqa: S311 - it spreads a crowd, it guards nothing
    state = State.DELIVERED if answer.is_taken else State.DEAD if due is None else State.WAITING
    ended = None if state == State.WAITING else now
    with transaction.atomic():
        there = Delivery.objects.filter(pk=delivery.pk, state=State.WAITING)
        if not there.update(attempts=attempts, state=state, due_at=due or delivery.due_at, finished_at=ended):
            return Delivered()
        Attempt.objects.create(
            delivery=delivery,
            at=now,
            status=answer.status,
            reason=answer.reason[:300],
            milliseconds=answer.milliseconds,
        )
        if answer.is_taken:
            _is_back(endpoint, now)
            return Delivered(delivered=1)
        return Delivered(failed=1, given_up=int(state == State.DEAD) + _failed(endpoint, answer, now))


def _is_back(endpoint: Endpoint, now: datetime) -> None:
    """After a real outage, what waits for its next attempt need not wait any longer."""
    if endpoint.failures > rules.OUTAGE:
        endpoint.deliveries.filter(state=State.WAITING).update(due_at=now)
    if endpoint.failures:
        endpoint.failures, endpoint.resume_at = 0, None
        endpoint.save(update_fields=["failures", "resume_at"])


def _failed(endpoint: Endpoint, answer: Answer, now: datetime) -> int:
    """Leave it in peace for a while, for good where it is gone; how many other deliveries that gives up."""
    endpoint.failures += 1
    endpoint.resume_at = rules.pause(endpoint.failures, answer, now)
    there = Endpoint.objects.filter(pk=endpoint.pk)
    there.update(failures=endpoint.failures, resume_at=endpoint.resume_at)
    waiting = endpoint.deliveries.filter(state=State.WAITING)
    if answer.status == 410:
        there.update(is_active=False, disabled_at=now, disabled_reason="answered 410: gone")
        return _give_up(waiting, rules.GONE, now)
    if endpoint.failures > len(rules.SCHEDULE):
        return _give_up(waiting.filter(message__at__lte=now - rules.GIVEN_UP_AFTER), rules.NEVER_TAKEN, now)
    return 0


def _give_up(deliveries: QuerySet[Delivery], reason: str, now: datetime) -> int:
    numbers = list(deliveries.values_list("pk", flat=True))
    Delivery.objects.filter(pk__in=numbers).update(state=State.DEAD, finished_at=now)
    Attempt.objects.bulk_create(
        (Attempt(delivery_id=number, at=now, status=0, reason=reason, milliseconds=0) for number in numbers),
        batch_size=1_000,
    )
    return len(numbers)
