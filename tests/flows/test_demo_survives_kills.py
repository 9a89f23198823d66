"""`kill -9` of the working process or of PostgreSQL, at any moment of the demo: the next call finishes the job.

Each round kills a demo at a random moment several times in a row, then lets it finish, and compares with one nobody
disturbed: the same people enrolled, proposed and decided; every message at the mail server at most once; what is
missing there is exactly what is reported as unknown.
"""

from __future__ import annotations

import json
import os
import random
import signal
import subprocess
import sys
import time
from collections import Counter
from pathlib import Path
from typing import Any

import psutil
import pytest

pytestmark = pytest.mark.slow
ROUNDS, KILLS = 4, 6  # 24 kills
DEMO = ("demo", "--once", "--json", "--days", "5", "--households", "250", "--today", "2026-11-22")


def start(home: Path) -> subprocess.Popen[str]:
    environment = {name: value for name, value in os.environ.items() if name != "DATABASE_URL"}
    return subprocess.Popen(
        [sys.executable, "-m", "cordiale", *DEMO, "--home", str(home)],
        stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, env=environment, start_new_session=True,
    )  # fmt: skip


def finish(home: Path) -> dict[str, Any]:
    process = start(home)
    output, errors = process.communicate(timeout=300)
    assert process.returncode == 0, errors
    figures: dict[str, Any] = json.loads(output)
    return figures


def kill_something(process: subprocess.Popen[str], home: Path, chance: random.Random) -> str:
    server = find_server(home)
    if chance.random() < 0.5 and server is not None:
        server.kill()
        process.communicate(timeout=120)  # it says so and ends by itself
        return "postgres"
    os.killpg(process.pid, signal.SIGKILL)
    process.communicate()
    return "worker"


def find_server(home: Path) -> psutil.Process | None:
    try:
        server = psutil.Process(int((home / "pg" / "data" / "postmaster.pid").read_text().split()[0]))
        return server if server.name() == "postgres" else None  # a killed server leaves its number behind
    except (FileNotFoundError, IndexError, psutil.NoSuchProcess):
        return None


def mails(home: Path) -> Counter[str]:
    return Counter(path.stem for path in (home / "mail").rglob("*.eml"))


@pytest.fixture(scope="module")
def undisturbed(tmp_path_factory: pytest.TempPathFactory) -> tuple[dict[str, Any], float]:
    home = tmp_path_factory.mktemp("undisturbed")
    started = time.monotonic()
    figures = finish(home)
    assert figures["messages_sent"] == figures["mails_caught"] > 0
    return figures, time.monotonic() - started


@pytest.mark.parametrize("seed", range(ROUNDS))
def test_the_next_call_finishes_the_job(seed: int, undisturbed: tuple[dict[str, Any], float], tmp_path: Path) -> None:
    expected, seconds = undisturbed
    chance = random.Random(seed)
    for _ in range(KILLS):
        process = start(tmp_path)
        time.sleep(chance.uniform(0.2, max(seconds * 0.7, 1)))
        if process.poll() is None:
            kill_something(process, tmp_path, chance)
        else:
            process.communicate()
    figures = finish(tmp_path)
    assert max(mails(tmp_path).values()) == 1, "a message was handed over twice"
    assert figures["mails_caught_twice"] == 0
    assert figures["messages_sent"] <= figures["mails_caught"] <= figures["messages_sent"] + figures["messages_unknown"]
    assert figures["messages_sent"] + figures["messages_unknown"] == expected["messages_sent"]
    for name in ("customers", "order_lines", "lifecycle", "segments"):
        assert figures[name] == expected[name]
    for name, counts in expected["programmes"].items():
        assert figures["programmes"][name]["enrolled"] == counts["enrolled"]
        assert figures["programmes"][name]["proposed"] == counts["proposed"]
        assert figures["programmes"][name]["control"] == counts["control"]


def test_a_second_call_finds_everything_done(undisturbed: tuple[dict[str, Any], float], tmp_path: Path) -> None:
    first = finish(tmp_path)
    again = finish(tmp_path)
    assert {**again, "seconds": {}} == {**first, "seconds": {}}
    assert again["programmes"] == undisturbed[0]["programmes"]
