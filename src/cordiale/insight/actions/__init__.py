"""What changes insight: snapshots of each day, and the traits the company declares."""

from __future__ import annotations

from cordiale.insight.actions.declaring import Checked, check, declare, retire
from cordiale.insight.actions.snapshots import (
    compute_at,
    compute_day,
    ensure_snapshot,
    known_customers,
    snapshot_at,
)
from cordiale.insight.actions.trials import Trial, try_out

__all__ = [
    "Checked",
    "Trial",
    "check",
    "compute_at",
    "compute_day",
    "declare",
    "ensure_snapshot",
    "known_customers",
    "retire",
    "snapshot_at",
    "try_out",
]
