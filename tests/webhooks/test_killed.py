"""`kill -9` after the other side got a message and before that was noted: it gets it again, under the same id."""

from __future__ import annotations

import os
import subprocess
import sys
import threading
import time
from datetime import datetime
from pathlib import Path

import pytest
from django.db import connection

from cordiale.customers.models import Customer
from cordiale.customers.signals import customers_changed
from cordiale.webhooks.actions import deliver
from cordiale.webhooks.models import Delivery, Message, State
from tests.webhooks.conftest import Listen
from tests.webhooks.servers import answering, waiting

_DELIVER = """
import django; django.setup()
from cordiale import clock
from cordiale.webhooks.actions import deliver
deliver(clock.now())
"""


@pytest.mark.slow
def test_a_message_whose_sender_was_killed_is_sent_again_under_its_id(listen: Listen, now: datetime) -> None:
    taken = threading.Event()
    other, _ = listen(behave=waiting(taken))
    customers_changed.send(Customer, customer_ids=[1], fields=["city"], is_new=False, now=now)
    with _sender() as killed:
        _wait_until(lambda: len(other.received) == 1, killed)
        killed.kill()
    taken.set()
    other.behave = answering(200)
    assert Delivery.objects.get().state == State.WAITING
    _wait_until(lambda: deliver(now).delivered == 1)  # PostgreSQL has seen that the session is gone
    assert other.keys == [Message.objects.get().key] * 2


def _sender() -> subprocess.Popen[bytes]:
    parts = connection.settings_dict
    url = f"postgresql://postgres@/{parts['NAME']}?host={parts['HOST']}"
    environment = {**os.environ, "DATABASE_URL": url, "CORDIALE_WEBHOOKS_ALLOW_PRIVATE": "1"}
    return subprocess.Popen([sys.executable, "-c", _DELIVER], env=environment, cwd=Path(__file__).parents[2])


def _wait_until(is_so: object, process: subprocess.Popen[bytes] | None = None) -> None:
    assert callable(is_so)
    until = time.monotonic() + 60
    while time.monotonic() < until:
        if is_so():
            return
        assert process is None or process.poll() is None
        time.sleep(0.05)
    raise AssertionError("it never came")
