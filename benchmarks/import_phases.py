"""Where the time of an import goes: what `benchmarks.imports --phases` prints."""

from __future__ import annotations

# ruff: noqa: PLC0415 - Django is set up before its applications are read
import functools
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any

Label = str | Callable[..., str]


def _phases() -> list[tuple[Any, str, Label]]:
    from django.db.backends.base.base import BaseDatabaseWrapper

    from cordiale.customers import copying, indexes, loading, words
    from cordiale.identity import telling
    from cordiale.imports import engine, rows

    return [
        (rows.Preparation, "prepare", "beside: check"),
        (engine, "strong", "beside: identifiers by column"),
        (loading, "_golden", "beside: write out records"),
        (loading, "_said", "beside: write out submissions"),
        (words, "of", "beside: words of names"),
        (telling, "look_up", "look identifiers up"),
        (copying.Written, "copy", lambda one: f"COPY {one.table}"),
        (words, "learn", "learn words"),
        (BaseDatabaseWrapper, "commit", "commit"),
        (engine, "_write_chunk", "chunks as a whole"),
        (indexes, "ensure", "build indexes"),
    ]


@contextmanager
def printed(rows: int) -> Iterator[None]:
    """Print afterwards how long each phase of what happens inside took, and how long PostgreSQL's process worked in it.

    What stands under "beside" happens in other threads while PostgreSQL works on something else.
    """
    backend, spent = _backend(), dict[str, list[float]]()
    with ExitStack() as stack:
        for owner, name, label in _phases():
            stack.enter_context(_watched(owner, name, label, backend, spent))
        yield
    for label, (seconds, worked) in spent.items():
        print(f"    {label:<32} {seconds / rows * 1e6:>6.2f} µs a row, PostgreSQL at work {worked / rows * 1e6:>6.2f}")


@contextmanager
def _watched(
    owner: Any, name: str, label: Label, backend: Path | None, spent: dict[str, list[float]]
) -> Iterator[None]:
    kept = getattr(owner, name)

    @functools.wraps(kept)
    def watched(*arguments: Any, **named: Any) -> Any:
        start, worked = time.perf_counter(), _worked(backend)
        try:
            return kept(*arguments, **named)
        finally:
            said = label if isinstance(label, str) else label(*arguments)
            is_beside = said.startswith("beside")
            entry = spent.setdefault(said, [0.0, 0.0])
            entry[0] += time.perf_counter() - start
            entry[1] += 0.0 if is_beside else _worked(backend) - worked

    setattr(owner, name, watched)
    try:
        yield
    finally:
        setattr(owner, name, kept)


def _backend() -> Path | None:
    """Where the kernel counts the processor's time of our session's process; None where it is elsewhere."""
    from django.db import connection

    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_backend_pid()")
        path = Path(f"/proc/{cursor.fetchone()[0]}/schedstat")
    return path if path.exists() else None


def _worked(backend: Path | None) -> float:
    return int(backend.read_text().split()[0]) / 1e9 if backend else 0.0
