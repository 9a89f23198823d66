"""A deliverer killed at any moment: what was sent is known, nothing is sent twice, and the rest goes out later."""

from __future__ import annotations

import os
import random
import signal
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest
from django.db import connection

from cordiale.deliveries import actions
from cordiale.deliveries.catcher import Catcher, caught
from cordiale.deliveries.models import Message, Outcome

from .conftest import Cast

WORKERS = """
import os, sys, django
django.setup()
from cordiale.clock import parse_instant
from cordiale.deliveries import actions
for line in sys.stdin:
    if (child := os.fork()) == 0:
        actions.deliver(parse_instant(line.strip()))
        os._exit(0)
    print(child, flush=True)
    os.waitpid(child, 0)
"""
KILLS, MESSAGES = 20, 1_200


@pytest.mark.slow
def test_killing_the_deliverer_loses_nothing_and_doubles_nothing(
    people: Cast, catcher: Catcher, tmp_path: Path, now: datetime
) -> None:
    people(MESSAGES)
    chance = random.Random(20)
    with _workers(catcher) as workers:
        for _ in range(KILLS):
            print(now.isoformat(), file=workers.stdin, flush=True)
            worker = int(workers.stdout.readline())
            _wait_for_mail(tmp_path / "mail")
            time.sleep(chance.uniform(0, 0.1))
            os.kill(worker, signal.SIGKILL)
    actions.deliver(now)
    kinds = Counter(Outcome.objects.values_list("kind", flat=True))
    mail = caught(tmp_path / "mail")
    assert mail.duplicates == 0
    assert kinds["handed_over"] <= mail.messages <= kinds["handed_over"] + kinds["unknown"]
    assert kinds["handed_over"] + kinds["unknown"] == Message.objects.count() == MESSAGES


def _wait_for_mail(folder: Path) -> None:
    """Until one more message was caught: the deliverer is at work."""
    before, deadline = caught(folder).messages, time.monotonic() + 20
    while caught(folder).messages == before and time.monotonic() < deadline:
        time.sleep(0.005)


@contextmanager
def _workers(catcher: Catcher) -> Iterator[Any]:
    """A process that, for each line it reads, forks a deliverer and prints its number."""
    parts = connection.settings_dict
    url = f"postgresql://postgres@/{parts['NAME']}?host={parts['HOST']}"
    environment = {**os.environ, "DATABASE_URL": url, "CORDIALE_SMTP_URL": catcher.url}
    command = [sys.executable, "-c", WORKERS]
    with subprocess.Popen(
        command, env=environment, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as process:
        yield process
        assert process.stdin is not None
        process.stdin.close()
