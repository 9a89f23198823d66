"""Keeping the lake quick to read: what was appended or superseded goes into the files, once a day at least."""

from __future__ import annotations

from datetime import datetime

from cordiale.jobs import daily
from cordiale.lake import open_lake

MANY_FILES = 200
"""So many small files slow every query down by more than a fold costs."""


def register() -> None:
    """Called once, when Django is ready."""
    daily.register(daily.Daily("fold", 10, fold_all))


def fold_all(now: datetime) -> int:
    """Fold every table; how many rows that put in their place."""
    lake = open_lake()
    return sum(lake.fold(name) for name in lake.facts)


def fold_due() -> list[str]:
    """Fold the tables that have many unfolded files; which. For a worker, between two rounds."""
    lake = open_lake()
    due = [name for name, snapshot in lake.state().facts.items() if len(snapshot.unfolded) >= MANY_FILES]
    for name in due:
        lake.fold(name)
    return due
