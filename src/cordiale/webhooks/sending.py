"""Telling what waits to be told. One session at a time speaks to an endpoint, and holds only that endpoint up.

The session holds an advisory lock of PostgreSQL while it sends: two workers can never send one delivery at the same
time, whatever their clocks say, and a killed worker's lock is free at once. What it had sent and not yet noted is sent
again under the same `webhook-id`: at least once, and the other side can tell.
"""

from __future__ import annotations

import random
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor, wait
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import datetime

from django.conf import settings
from django.db import DatabaseError, connection, transaction
from django.db.models import Exists, OuterRef, Q

from cordiale.connectors import keeping
from cordiale.errors import Unavailable
from cordiale.webhooks import outbox, rules
from cordiale.webhooks.calling import Caller
from cordiale.webhooks.models import Attempt, Delivery, Endpoint, State
from cordiale.webhooks.rules import Answer

_LOCKS = 0x436F7268
AT_ONCE = 16
"""Endpoints spoken to at the same time."""
_A_ROUND = 200
"""Deliveries to one endpoint before the others' turn."""
_SECONDS_AHEAD = rules.LONGEST_WAIT * 2
"""What is due later than this was dated by a clock that ran ahead: it is due now."""


@dataclass(frozen=True)
class Delivered:
    """What a round did."""

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
        """Make messages, and begin sending to every endpoint that waits and is not being sent to; was there any?"""
        outbox.make_messages(now)
        self._busy = {number: future for number, future in self._busy.items() if not future.done()}
        waiting = [number for number in due_endpoints(now) if number not in self._busy]
        for number in waiting:
            self._busy[number] = self._pool.submit(_in_thread, number, now, self._stopping.is_set)
        return bool(waiting)

    def finish(self) -> Delivered:
        """Wait for what was begun; what it did."""
        wait(self._busy.values())
        return sum((future.result() for future in self._busy.values()), Delivered())

    def close(self) -> None:
        """End after the calls under way."""
        self._stopping.set()
        self._pool.shutdown(wait=True, cancel_futures=True)


def deliver(now: datetime) -> Delivered:
    """One round: make messages of what changed and send what is due, endpoint beside endpoint."""
    sender = Sender()
    try:
        sender.start(now)
        return sender.finish()
    finally:
        sender.close()


def due_endpoints(now: datetime) -> list[int]:
    """Endpoints in use with something due that are not being left in peace."""
    calm = Q(resume_at__isnull=True) | Q(resume_at__lte=now) | Q(resume_at__gt=now + _SECONDS_AHEAD)
    waiting = Delivery.objects.filter(_due(now), endpoint=OuterRef("pk"))
    return list(
        Endpoint.objects.filter(calm, Exists(waiting), is_active=True).order_by("pk").values_list("pk", flat=True)
    )


def _due(now: datetime) -> Q:
    return Q(state=State.WAITING) & (Q(due_at__lte=now) | Q(due_at__gt=now + _SECONDS_AHEAD))


def _in_thread(number: int, now: datetime, is_stopping: Callable[[], bool]) -> Delivered:
    try:
        return send_to(number, now, is_stopping)
    finally:
        connection.close()


def send_to(number: int, now: datetime, is_stopping: Callable[[], bool] = bool) -> Delivered:
    """Send what is due to one endpoint, oldest first, until it fails once; nothing where another session does so."""
    done = Delivered()
    with _alone(number) as is_mine:
        endpoint = Endpoint.objects.filter(pk=number, is_active=True).first() if is_mine else None
        if endpoint is None:
            return done
        try:
            secret = keeping.read(endpoint.secret)
        except Unavailable as error:
            return _note(endpoint, None, Answer(0, str(error)), now)
        with Caller(settings.WEBHOOKS_ALLOW) as caller:
            for delivery in _next(endpoint, now):
                body = delivery.message.body.encode()
                answer = caller.post(endpoint.url, body, rules.sign(secret, delivery.message.key, now, body))
                done += _note(endpoint, delivery, answer, now)
                if not answer.is_taken or is_stopping():
                    break
    return done


def _next(endpoint: Endpoint, now: datetime) -> Iterator[Delivery]:
    """One by one, each read after the one before was noted."""
    for _ in range(_A_ROUND):
        due = endpoint.deliveries.filter(_due(now)).select_related("message").order_by("due_at", "pk").first()
        if due is None:
            return
        yield due


def _note(endpoint: Endpoint, delivery: Delivery | None, answer: Answer, now: datetime) -> Delivered:
    with transaction.atomic():
        _note_endpoint(endpoint, answer, now)
        if delivery is None:
            return Delivered(failed=1)
        delivery.attempts += 1
        Attempt.objects.create(
            delivery=delivery, at=now, status=answer.status, reason=answer.told[:300], milliseconds=answer.milliseconds
        )
        due = rules.next_attempt(delivery.attempts, answer, now, random.random())
        if answer.is_taken or answer.status == 410 or due is None:
            delivery.state = State.DELIVERED if answer.is_taken else State.DEAD
            delivery.finished_at = now
        else:
            delivery.due_at = due
        delivery.save(update_fields=["attempts", "state", "due_at", "finished_at"])
    given_up = delivery.state == State.DEAD
    return Delivered(int(answer.is_taken), int(not answer.is_taken), int(given_up))


def _note_endpoint(endpoint: Endpoint, answer: Answer, now: datetime) -> None:
    if answer.is_taken:
        if endpoint.failures:
            endpoint.failures, endpoint.resume_at = 0, None
            endpoint.save(update_fields=["failures", "resume_at"])
        return
    endpoint.failures += 1
    endpoint.resume_at = rules.pause(endpoint.failures, answer, now)
    if answer.status == 410:
        endpoint.is_active, endpoint.disabled_at = False, now
        endpoint.disabled_reason = "answered 410: gone"
        endpoint.deliveries.filter(state=State.WAITING).update(state=State.DEAD, finished_at=now)
    endpoint.save(update_fields=["failures", "resume_at", "is_active", "disabled_at", "disabled_reason"])


@contextmanager
def _alone(number: int) -> Iterator[bool]:
    """Hold the endpoint's lock; False where another session has it."""
    key = [_LOCKS, number % 2**31]
    with connection.cursor() as cursor:
        cursor.execute("select pg_try_advisory_lock(%s, %s)", key)
        is_mine = cursor.fetchone() == (True,)
    try:
        yield is_mine
    finally:
        if is_mine:
            with suppress(DatabaseError), connection.cursor() as cursor:  # a lost session lost its locks
                cursor.execute("select pg_advisory_unlock(%s, %s)", key)
