"""A merge leaves the ledger as it is; only the states that follow from it are folded anew."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from cordiale.consent import states
from cordiale.identity import merging


def register() -> None:
    """Called once, when Django is ready."""
    merging.register(merging.MergePart(name="consent", order=10, merge=merge, unmerge=unmerge))


def merge(survivor_id: int, merged_id: int, now: datetime) -> Any:
    """The survivor's states follow from both ledgers; a withdrawal in either counts."""
    states.fold_again([survivor_id, merged_id])


def unmerge(survivor_id: int, merged_id: int, undo: Any, now: datetime) -> None:
    """Each one's states follow from its own ledger again."""
    states.fold_again([survivor_id, merged_id])
