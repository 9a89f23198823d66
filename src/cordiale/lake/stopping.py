"""Stopping a query that runs, from another thread."""

from __future__ import annotations

import signal
import socket
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Protocol

from cordiale.errors import CordialeError

_AGAIN_SECONDS = 0.01


class Stopped(CordialeError):
    """The query was stopped before it had an answer."""


class Interruptible(Protocol):
    """What runs a query in one thread and can be stopped from another."""

    def interrupt(self) -> None:
        """Stop what runs; nothing where nothing does."""


class Stop:
    """Handed to queries that may be stopped; `request` stops those that run and refuses those that follow."""

    def __init__(self) -> None:
        self._requested = threading.Event()
        self._guard = threading.Lock()
        self._running: list[Interruptible] = []

    @property
    def is_requested(self) -> bool:
        """Has somebody asked?"""
        return self._requested.is_set()

    def request(self) -> None:
        """Stop; returns once nothing runs any more.

        An interruption that arrives between two statements of a session is lost, so it is repeated until they are over.
        """
        self._requested.set()
        while True:
            with self._guard:
                for one in self._running:
                    one.interrupt()
                if not self._running:
                    return
            time.sleep(_AGAIN_SECONDS)

    def check(self) -> None:
        """Raise Stopped once it was asked for."""
        if self.is_requested:
            raise Stopped("it was stopped")

    @contextmanager
    def over(self, one: Interruptible) -> Iterator[None]:
        """`request` interrupts `one` while the block runs; its failure is then Stopped."""
        self.check()
        with self._guard:
            self._running.append(one)
        try:
            yield
        except CordialeError:
            self.check()
            raise
        finally:
            with self._guard:
                self._running.remove(one)
        self.check()


@contextmanager
def until_interrupted() -> Iterator[Stop]:
    """A Stop that Ctrl-C requests while the block runs; it raises Stopped instead of KeyboardInterrupt then.

    The engine does not look for signals while it works, so another thread waits for them.
    """
    stop = Stop()
    if threading.current_thread() is not threading.main_thread():
        yield stop
        return
    written, read = socket.socketpair()
    written.setblocking(False)
    descriptor = signal.set_wakeup_fd(written.fileno(), warn_on_full_buffer=False)
    handler = signal.signal(signal.SIGINT, lambda number, frame: None)
    watcher = threading.Thread(target=_watch, args=(read, stop), daemon=True)
    watcher.start()
    try:
        yield stop
    finally:
        signal.signal(signal.SIGINT, handler)
        signal.set_wakeup_fd(descriptor)
        written.close()
        watcher.join()
        read.close()


def _watch(signals: socket.socket, stop: Stop) -> None:
    while number := signals.recv(1):
        if number[0] == signal.SIGINT:
            stop.request()
