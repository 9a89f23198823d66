"""Child processes that end with everything they started.

A server such as granian serves from children of its own. Killed (by hand, or by the kernel when memory is short), it
leaves them on its port: they would go on answering, with old code after an upgrade, beside the server that is started
in its place. So each child here leads a group of its own, and what is left of the group ends with it.
"""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
from typing import Any

import psutil

from cordiale.home import Home

_PATIENCE = 5.0  # seconds


def start(
    arguments: Sequence[str], *, adding: Mapping[str, str] | None = None, **streams: Any
) -> subprocess.Popen[bytes]:
    """`python -m arguments…` at the head of a new group, with these variables added to the environment."""
    return subprocess.Popen(
        [sys.executable, "-m", *arguments], stdin=subprocess.DEVNULL, start_new_session=True,
        env={**os.environ, **(adding or {})}, **streams,
    )  # fmt: skip


def end(process: subprocess.Popen[bytes], *, seconds: float = 10) -> None:
    """Ask a child to end, make it when it does not, and end what it leaves behind."""
    if process.poll() is None:
        process.terminate()
        try:
            process.wait(seconds)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
    end_groups([process.pid])


def end_groups(leaders: Iterable[int]) -> None:
    """Kill every process in the groups that these led, the leaders too, and wait until their ports are free."""
    leaders = set(leaders)
    for leader in leaders:
        with suppress(ProcessLookupError):
            os.killpg(leader, signal.SIGKILL)
    deadline = time.monotonic() + _PATIENCE
    while any(_running_in(leaders)) and time.monotonic() < deadline:
        time.sleep(0.05)


def _running_in(groups: Collection[int]) -> Iterator[psutil.Process]:
    """The processes of these groups that have not ended."""
    for process in psutil.process_iter():
        with suppress(OSError, psutil.Error):
            if os.getpgid(process.pid) in groups and process.status() != psutil.STATUS_ZOMBIE:
                yield process


def left_over(leaders: Iterable[int], began: float, place: Home) -> list[int]:
    """Those of these groups in which every process began at `began` (seconds since 1970) or later and serves `place`.

    For groups that a supervisor noted before it was killed itself: meanwhile their numbers may be somebody else's.
    """
    ours, strange = set[int](), set[int]()
    for process in _running_in(set(leaders)):
        with suppress(OSError, psutil.Error):
            serves = process.environ().get("CORDIALE_HOME") == str(place.root)
            (ours if serves and process.create_time() >= began else strange).add(os.getpgid(process.pid))
    return sorted(ours - strange)
