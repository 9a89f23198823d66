"""kill -9 under load: what was acknowledged is there, and counts once."""

from __future__ import annotations

import http.client
import json
import os
import signal
import subprocess
import sys
import threading
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import suppress
from hashlib import blake2b
from pathlib import Path
from typing import Any

import psutil
import pytest

from cordiale.config import processes
from cordiale.home import Home
from cordiale.lake import Lake
from tests.intake.serving import basic, track, until
from tests.ports import free_port

pytestmark = pytest.mark.slow
BATCH, SENDERS = 100, 8
PATIENCE = 900.0
"""Seconds after which something that has to come about is given up: the machine may be as busy as it likes."""


def cordiale(home: Path, *words: str) -> Any:
    environment = {name: value for name, value in os.environ.items() if name != "DATABASE_URL"}
    outcome = subprocess.run(
        [sys.executable, "-m", "cordiale", *words, "--json", "--home", str(home)],
        stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True, env=environment, check=True, timeout=PATIENCE,
    )  # fmt: skip
    return json.loads(outcome.stdout)


@pytest.fixture
def home(tmp_path: Path) -> Iterator[Path]:
    cordiale(tmp_path, "up", "--port", str(free_port()))
    yield tmp_path
    cordiale(tmp_path, "down")


class Senders:
    """Threads that send batches without pause; what was acknowledged and what has to be sent again."""

    def __init__(self, port: int, key: str) -> None:
        self.port, self.key = port, key
        self.acknowledged: set[str] = set()
        self.doubtful: list[list[dict[str, Any]]] = []
        self.problems: Counter[int] = Counter()
        self._next, self._lock, self._ended = 0, threading.Lock(), threading.Event()
        self._threads = [threading.Thread(target=self._run) for _ in range(SENDERS)]

    def start(self) -> None:
        for thread in self._threads:
            thread.start()

    def end(self) -> None:
        self._ended.set()
        for thread in self._threads:
            thread.join()

    def send(self, batch: list[dict[str, Any]]) -> bool:
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=60)
        try:
            connection.request(
                "POST", "/v1/batch", json.dumps({"batch": batch}).encode(), {"Authorization": basic(self.key)}
            )
            answer = connection.getresponse()
            body = answer.read()
        except (OSError, http.client.HTTPException):
            return False
        finally:
            connection.close()
        if answer.status != 200 or json.loads(body)["accepted"] != len(batch):
            self.problems[answer.status] += 1
            return False
        self.acknowledged.update(one["messageId"] for one in batch)
        return True

    def _run(self) -> None:
        while not self._ended.is_set():
            with self._lock:
                first, self._next = self._next, self._next + BATCH
            batch = [track(number) for number in range(first, first + BATCH)]
            if not self.send(batch):
                self.doubtful.append(batch)
                time.sleep(0.05)


def processes_of(home: Path, word: str) -> list[psutil.Process]:
    """Every process of the supervisor whose command says `word`."""
    supervisor = processes.find_running(Home(home))
    found = []
    for one in psutil.Process(supervisor.pid).children(recursive=True) if supervisor else ():
        try:
            if word in " ".join(one.cmdline()):
                found.append(one)
        except psutil.NoSuchProcess:
            continue
    return found


def kill(home: Path, word: str) -> None:
    """All of them at once, as soon as there are any."""
    for one in until(lambda: processes_of(home, word), PATIENCE):
        with suppress(psutil.NoSuchProcess):
            one.kill()


def kill_postgres(home: Path) -> None:
    os.kill(int((home / "pg" / "data" / "postmaster.pid").read_text().split()[0]), signal.SIGKILL)


def is_up(home: Path) -> bool:
    try:
        status = cordiale(home, "status")
    except subprocess.CalledProcessError:  # PostgreSQL is being recovered
        return False
    return (status["events"], status["postgres"]) == ("up", "up")


def acknowledges_more(senders: Senders, rows: int = 2_000) -> None:
    wanted = len(senders.acknowledged) + rows
    until(lambda: len(senders.acknowledged) > wanted, PATIENCE)


def test_nothing_acknowledged_is_lost_and_nothing_counts_twice(home: Path) -> None:
    source = cordiale(home, "sources", "add", "shop")
    port = int(cordiale(home, "status")["events_address"].rsplit(":", 1)[1])
    senders = Senders(port, source["write_key"])
    senders.start()
    try:
        for strike in (lambda: kill(home, "intake.app"), lambda: kill(home, "flush"), lambda: kill_postgres(home)):
            acknowledges_more(senders)
            strike()
        until(lambda: is_up(home), PATIENCE)
        acknowledges_more(senders)
    finally:
        senders.end()
    assert senders.doubtful
    for batch in senders.doubtful:  # in doubt: sent again until it is acknowledged, as clients do
        until(lambda batch=batch: senders.send(batch), PATIENCE)
    cordiale(home, "events", "flush")
    counted = cordiale(home, "events", "count")
    recorded = Lake(home / "lake").query("SELECT event_id FROM events").column("event_id").to_pylist()
    expected = {blake2b(f"1:{one}".encode(), digest_size=16).hexdigest() for one in senders.acknowledged}
    assert len(recorded) == len(set(recorded))
    assert set(recorded) == expected
    assert counted["count"] == len(expected) > 8_000
    assert set(senders.problems) <= {429, 503}
