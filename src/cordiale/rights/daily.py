"""What rights do once a day: finish erasures that were cut off."""

from __future__ import annotations

from datetime import datetime

from cordiale.jobs import daily
from cordiale.rights import erasure


def register() -> None:
    """Called once, when Django is ready."""
    daily.register(daily.Daily("finish-erasures", 90, finish))


def finish(now: datetime) -> None:
    """Nothing to do on most days."""
    erasure.finish_erasures(now)
