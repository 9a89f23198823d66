"""How long a walk stands before a step."""

from __future__ import annotations

from datetime import datetime

from cordiale.programmes.rules.spec import Step, Wait, WaitFor


def due_at(step: Step, arrived_at: datetime) -> datetime:
    """When a walk that arrives before `step` is to move on at the latest."""
    if isinstance(step, Wait):
        return arrived_at + step.duration
    if isinstance(step, WaitFor):
        return arrived_at + step.at_most
    return arrived_at
