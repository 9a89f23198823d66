"""`kill -9` while deliveries are taken in: everything that was kept counts once."""

from __future__ import annotations

import os
import random
import subprocess
import sys
import time
from datetime import UTC, datetime
from pathlib import Path

import pytest
from django.db import connection

from cordiale.connectors import actions, inbox
from cordiale.connectors.models import Inbound, State
from cordiale.customers.models import Customer
from cordiale.lake import open_lake
from tests.connectors.payloads import dumped

NOW = datetime(2026, 11, 16, 9, 0, tzinfo=UTC)
MAPPING = "kind: event\nfields: {event_id: id, name: what, at: when, email: who}"
DELIVERIES, EVENTS = 300, 4
_TAKE = """
import django; django.setup()
from cordiale import clock
from cordiale.connectors import inbox
print("ready", flush=True)
while inbox.process(clock.now(), limit=7).total:
    pass
"""


@pytest.mark.slow
@pytest.mark.django_db(transaction=True)
def test_every_event_counts_once_however_often_the_worker_is_killed() -> None:
    doors = actions.add("generic", "doors", {"mapping": MAPPING, "scheme": "hmac-hex"}, actor="cli", now=NOW).connector
    for number in range(DELIVERIES):
        body = dumped([_event(number * EVENTS + one) for one in range(EVENTS)])
        inbox.receive(doors, body, {}, NOW)
    killed = sum(_kill_after(random.Random(turn).uniform(0.05, 1.2)) for turn in range(6))
    while inbox.process(NOW).total:
        pass
    assert killed
    assert Inbound.objects.filter(state=State.DONE, facts__isnull=True).count() == DELIVERIES
    (told,) = open_lake().query("select count(*) as n, count(distinct event_id) as m from events").to_pylist()
    assert told == {"n": DELIVERIES * EVENTS, "m": DELIVERIES * EVENTS}
    strangers = open_lake().query("select distinct customer_id from events").column(0).to_pylist()
    assert set(strangers) == set(Customer.objects.values_list("pk", flat=True))


def _event(number: int) -> dict[str, str]:
    return {"id": str(number), "what": "Door", "when": "2026-11-16T08:00:00Z", "who": f"p{number % 50}@example.org"}


def _kill_after(seconds: float) -> bool:
    """Start a worker, kill it so long after it began; was it still at work?"""
    parts = connection.settings_dict
    url = f"postgresql://postgres@/{parts['NAME']}?host={parts['HOST']}"
    with subprocess.Popen(
        [sys.executable, "-c", _TAKE], env={**os.environ, "DATABASE_URL": url}, cwd=Path(__file__).parents[2],
        stdout=subprocess.PIPE,
    ) as worker:  # fmt: skip
        assert worker.stdout is not None
        worker.stdout.readline()
        time.sleep(seconds)
        was_working = worker.poll() is None
        worker.kill()
    return was_working
