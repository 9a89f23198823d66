"""Locks between processes and threads: the kernel drops them when a holder is killed."""

from __future__ import annotations

import fcntl
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from cordiale.errors import Unavailable

_PAUSE_SECONDS = 0.005


@contextmanager
def exclusive(path: Path, *, patience: float, doing: str) -> Iterator[None]:
    """Hold the lock file `path` alone; wait at most `patience` seconds, then raise Unavailable naming what is done."""
    deadline = time.monotonic() + patience
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("a+") as lock:
        while True:
            try:
                fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
                break
            except BlockingIOError:
                if time.monotonic() > deadline:
                    raise Unavailable(
                        f"another process has been {doing} for {patience:.0f} s; try again once it is done"
                    ) from None
                time.sleep(_PAUSE_SECONDS)
        yield
