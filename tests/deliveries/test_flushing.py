"""Each outcome reaches the lake exactly once, however late it commits and wherever a crash comes."""

from __future__ import annotations

import threading
import time
from datetime import datetime

import pytest
from django.db import connection, connections, transaction

from cordiale.deliveries import actions
from cordiale.deliveries.models import Flush, Message, Outcome
from cordiale.home import Home
from cordiale.lake import open_lake

from .conftest import Cast

pytestmark = pytest.mark.usefixtures("fresh_home")


def in_lake() -> list[str]:
    rows = open_lake().query("SELECT message_id, kind FROM messages ORDER BY message_id")
    return [f"{row['message_id']} {row['kind']}" for row in rows.to_pylist()]


def log(message: Message, now: datetime, kind: str = "handed_over") -> None:
    Outcome.objects.create(message=message, kind=kind, at=now)


def test_outcomes_become_facts_once(people: Cast, now: datetime) -> None:
    people(3)
    for message in Message.objects.all():
        log(message, now)
    assert actions.flush_outcomes(now) == 3
    assert actions.flush_outcomes(now) == 0
    assert len(in_lake()) == 3
    log(Message.objects.earliest("id"), now, "clicked")
    assert actions.flush_outcomes(now) == 1
    assert len(in_lake()) == 4


def test_a_flush_cut_off_after_the_lake_wrote_is_not_repeated(people: Cast, now: datetime) -> None:
    people(2)
    for message in Message.objects.all():
        log(message, now)
    actions.flush_outcomes(now)
    Flush.objects.update(done=0)  # as if we had died before saying so
    assert actions.flush_outcomes(now) == 2
    assert len(in_lake()) == 2


def test_an_outcome_that_commits_late_is_not_skipped(people: Cast, now: datetime) -> None:
    people(2)
    early, late = Message.objects.order_by("id")
    wrote, may_commit = threading.Event(), threading.Event()

    def slow_writer() -> None:
        with transaction.atomic():
            log(early, now)
            wrote.set()
            may_commit.wait(10)
        connections.close_all()

    def flush() -> None:
        actions.flush_outcomes(now)
        connections.close_all()

    writer = threading.Thread(target=slow_writer)
    writer.start()
    wrote.wait(10)
    log(late, now)
    flusher = threading.Thread(target=flush)
    flusher.start()
    _wait_for_a_blocked_session()
    may_commit.set()
    writer.join()
    flusher.join()
    assert len(in_lake()) == 2


def _wait_for_a_blocked_session() -> None:
    deadline = time.monotonic() + 10
    while time.monotonic() < deadline:
        with connection.cursor() as cursor:
            cursor.execute("select count(*) from pg_locks where not granted")
            if cursor.fetchone() != (0,):
                return
        time.sleep(0.02)
    raise AssertionError("the flush did not wait for the open transaction")


def test_facts_say_what_the_message_was(people: Cast, now: datetime, fresh_home: Home) -> None:
    people(1)
    log(Message.objects.get(), now)
    actions.flush_outcomes(now)
    (row,) = open_lake().query("SELECT * FROM messages").to_pylist()
    told = {name: row[name] for name in ("programme", "step", "channel", "purpose", "kind", "ts")}
    assert told == {
        "programme": "win-back", "step": "0", "channel": "email", "purpose": "offers", "kind": "handed_over", "ts": now,
    }  # fmt: skip
