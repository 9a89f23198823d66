"""Ctrl-C ends a query that runs, at once and in words; what follows is as before."""

from __future__ import annotations

import signal
import subprocess
import sys
import threading
from pathlib import Path

import pytest

from cordiale.lake import Lake, Stopped, until_interrupted

SLOW = "SELECT count(*) AS n FROM range(3000000) a, range(3000000) b WHERE (a.range * b.range) % 7 = 3"
CHILD = f"""
import sys
from pathlib import Path
from cordiale.lake import Lake, Stopped, until_interrupted
lake = Lake(Path(sys.argv[1]))
try:
    with until_interrupted() as stop:
        print("asked", flush=True)
        lake.query({SLOW!r}, stop=stop)
except Stopped as error:
    print(error)
print(lake.query("SELECT 1 AS one")["one"][0])
"""


@pytest.mark.slow
def test_a_query_ends_with_ctrl_c_and_the_next_one_runs(tmp_path: Path) -> None:
    with subprocess.Popen(
        [sys.executable, "-c", CHILD, str(tmp_path)], stdout=subprocess.PIPE, text=True,
    ) as asking:  # fmt: skip
        assert asking.stdout
        assert asking.stdout.readline() == "asked\n"
        with pytest.raises(subprocess.TimeoutExpired):
            asking.wait(1)
        asking.send_signal(signal.SIGINT)
        said, _ = asking.communicate(timeout=20)
    assert (said.splitlines(), asking.returncode) == (["it was stopped", "1"], 0)


def test_handlers_are_put_back_and_another_thread_has_none(tmp_path: Path) -> None:
    before = signal.getsignal(signal.SIGINT)
    with until_interrupted() as stop:
        assert signal.getsignal(signal.SIGINT) is not before
        signal.raise_signal(signal.SIGINT)
        with pytest.raises(Stopped):
            Lake(tmp_path).query(SLOW, stop=stop)
    assert signal.getsignal(signal.SIGINT) is before
    seen = []

    def elsewhere() -> None:
        with until_interrupted() as stop:
            seen.append(Lake(tmp_path).query("SELECT 1 AS one", stop=stop).num_rows)

    thread = threading.Thread(target=elsewhere)
    thread.start()
    thread.join()
    assert seen == [1]
