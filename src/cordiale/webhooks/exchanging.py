"""What a worker does beside the ticks, in threads of their own: take in what shops sent, tell others what changed."""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable, Iterator, Sized
from contextlib import contextmanager

from django.db import DatabaseError, InterfaceError, OperationalError, connection

from cordiale import clock
from cordiale.connectors import inbox, pulling
from cordiale.errors import CordialeError
from cordiale.ui.context import present
from cordiale.webhooks.sending import Sender

_PAUSE, _AFTER_FAILURE = 1.0, 5.0  # seconds
_log = logging.getLogger(__name__)
_MISTAKES = (DatabaseError, ValueError, TypeError, LookupError, AttributeError, ArithmeticError, RuntimeError, OSError)


@contextmanager
def in_background(stopping: Sized) -> Iterator[None]:
    """Exchange with others while the block runs; ends when `stopping` holds something."""
    threads = [
        threading.Thread(target=work, args=(stopping,), name=name, daemon=True)
        for name, work in (("connectors", _take), ("webhooks", _tell))
    ]
    for thread in threads:
        thread.start()
    try:
        yield
    finally:
        for thread in threads if len(stopping) else ():
            thread.join(15)


def _take(stopping: Sized) -> None:
    def once() -> bool:
        pulling.ask_due(present())
        return inbox.process(present()).total > 0

    _repeat("connectors", once, stopping)


def _tell(stopping: Sized) -> None:
    """By the real clock even in a demonstration: signatures are dated, and others look at the date."""
    sender = Sender()
    try:
        _repeat("webhooks", lambda: sender.start(clock.now()), stopping)
    finally:
        sender.close()


def _repeat(name: str, once: Callable[[], bool], stopping: Sized) -> None:
    try:
        while not len(stopping):
            _wait(_try(name, once), stopping)
    finally:
        connection.close()


def _try(name: str, once: Callable[[], bool]) -> float:
    """Do it once; seconds until the next time. Nothing that fails here ends the thread: it is said, and tried again."""
    try:
        return 0.0 if once() else _PAUSE
    except (OperationalError, InterfaceError) as error:
        _log.warning("%s wait for PostgreSQL: %s", name, str(error).strip().splitlines()[0])
    except CordialeError as error:
        _log.warning("%s: %s", name, error)
    except _MISTAKES:
        _log.exception("%s", name)
    connection.close()
    return _AFTER_FAILURE


def _wait(seconds: float, stopping: Sized) -> None:
    until = time.monotonic() + seconds
    while not len(stopping) and time.monotonic() < until:
        time.sleep(0.1)
