"""What rights do once a day: retention, and erasures that were cut off."""

from __future__ import annotations

from cordiale.jobs import daily
from cordiale.rights import erasure, expiry


def register() -> None:
    """Called once, when Django is ready."""
    daily.register(daily.Daily("retention", 80, expiry.run))
    daily.register(daily.Daily("finish-erasures", 90, erasure.finish_erasures))
