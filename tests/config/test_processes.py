"""`up`, `status`, `down`: what runs is kept alive, and only that is ended."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import psutil
import pytest

from cordiale.config import children, processes, serving
from cordiale.home import Home
from tests.ports import free_port

pytestmark = pytest.mark.slow


def cordiale(home: Path, *words: str) -> Any:
    environment = {name: value for name, value in os.environ.items() if name != "DATABASE_URL"}
    outcome = subprocess.run(
        [sys.executable, "-m", "cordiale", *words, "--json", "--home", str(home)],
        stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True, env=environment, check=True, timeout=300,
    )  # fmt: skip
    return json.loads(outcome.stdout)


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    home = tmp_path_factory.mktemp("up")
    cordiale(home, "up", "--port", str(free_port()))
    yield home
    cordiale(home, "down")


def child(home: Path, word: str) -> psutil.Process | None:
    supervisor = processes.find_running(Home(home))
    assert supervisor is not None
    for process in psutil.Process(supervisor.pid).children():
        try:
            if word in " ".join(process.cmdline()) and process.status() != psutil.STATUS_ZOMBIE:
                return process
        except psutil.NoSuchProcess:
            continue
    return None


def is_alive(process: psutil.Process | subprocess.Popen[bytes]) -> bool:
    return psutil.pid_exists(process.pid) and bool(psutil.Process(process.pid).status() != psutil.STATUS_ZOMBIE)


def until(holds: Callable[[], Any], seconds: float = 180) -> Any:
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        if found := holds():
            return found
        time.sleep(0.2)
    raise AssertionError("it did not come about in time")


def test_status_says_what_runs_and_a_second_up_changes_nothing(running: Path) -> None:
    first = cordiale(running, "status")
    assert (first["pages"], first["worker"], first["postgres"]) == ("up", "up", "up")
    assert first["events"] == "up"
    assert first["events_address"] != first["address"]
    again = cordiale(running, "up", "--port", str(free_port()))
    assert again["address"] == first["address"]


@pytest.mark.parametrize("word", ["config.wsgi", "intake.app", "flush", "cordiale worker"])
def test_a_killed_process_is_started_again(running: Path, word: str) -> None:
    killed = until(lambda: child(running, word))
    its_own = killed.children(recursive=True)
    killed.kill()
    revived = until(lambda: (found := child(running, word)) and found.pid != killed.pid and found)
    assert revived.is_running()
    until(lambda: (status := cordiale(running, "status")) and (status["pages"], status["events"]) == ("up", "up"))
    assert not any(map(is_alive, its_own))  # they would go on answering on its port


def test_up_ends_what_a_killed_supervisor_left(tmp_path: Path) -> None:
    address = cordiale(tmp_path, "up", "--port", str(free_port()))["address"]
    supervisor = psutil.Process(processes.find_running(Home(tmp_path)).pid)  # type: ignore[union-attr]
    left = supervisor.children(recursive=True)
    supervisor.kill()
    until(lambda: not is_alive(supervisor))
    assert any(map(is_alive, left))
    port = address.rpartition(":")[2]
    try:
        assert cordiale(tmp_path, "up", "--port", port)["address"] == address
        assert not any(map(is_alive, left))
    finally:
        cordiale(tmp_path, "down")


def test_a_group_of_another_home_or_of_earlier_is_left_alone(tmp_path: Path) -> None:
    sleeper = ["timeit", "-s", "import time", "-n", "1", "-r", "1", "time.sleep(60)"]
    child, began = children.start(sleeper, adding={"CORDIALE_HOME": str(tmp_path)}), time.time()
    try:
        until(lambda: psutil.Process(child.pid).environ().get("CORDIALE_HOME"))
        assert children.left_over([child.pid], began - 60, Home(tmp_path)) == [child.pid]
        assert children.left_over([child.pid], began + 60, Home(tmp_path)) == []
        assert children.left_over([child.pid], began - 60, Home(tmp_path / "other")) == []
    finally:
        children.end(child)
    assert not is_alive(child)


def test_a_killed_postgresql_comes_back_with_the_pages(running: Path) -> None:
    number = int((running / "pg" / "data" / "postmaster.pid").read_text().split()[0])
    os.kill(number, signal.SIGKILL)
    until(lambda: (status := cordiale(running, "status")) and (status["postgres"], status["pages"]) == ("up", "up"))


def test_the_worker_ticks_by_itself(running: Path) -> None:
    until(lambda: cordiale(running, "lake", "query", "select count(*) n from traits")["columns"] == ["n"])
    log = (running / "run" / "up.log").read_text()
    assert "Traceback" not in log.split("started again")[0]


def test_down_ends_everything_and_never_a_stranger(tmp_path: Path) -> None:
    cordiale(tmp_path, "up", "--port", str(free_port()))
    found = processes.find_running(Home(tmp_path))
    assert found is not None
    children = psutil.Process(found.pid).children(recursive=True)
    assert cordiale(tmp_path, "down")["stopped"] is True
    assert not any(one.is_running() and one.status() != psutil.STATUS_ZOMBIE for one in children)
    assert not serving.answers("127.0.0.1", found.port)
    stranger = {"pid": os.getpid(), "started": 1.0, "host": "127.0.0.1", "port": 1}  # our number, not our start time
    (tmp_path / "run" / "up.json").write_text(json.dumps(stranger))
    assert cordiale(tmp_path, "down")["stopped"] is False
