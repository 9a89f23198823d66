"""The first-day list: what a new installation still needs. Each line ticks itself from the facts."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from django.http import HttpRequest
from django.utils.functional import Promise

from cordiale.ui import panels


@dataclass(frozen=True)
class Step:
    """One line: `is_done` asks the database each time the list shows; `url` is where the work is done."""

    name: str
    order: int
    title: str | Promise
    url: str
    is_done: Callable[[], bool]


_steps: dict[str, Step] = {}


def register(step: Step) -> None:
    """Add a line, from a package's `AppConfig.ready`. Registering a name again replaces it."""
    _steps[step.name] = step


def panel(request: HttpRequest, subject: object) -> panels.Content | None:
    """The list while something is left to do, nothing afterwards."""
    ordered = sorted(_steps.values(), key=lambda step: step.order)
    lines = [{"title": step.title, "url": step.url, "is_done": step.is_done()} for step in ordered]
    if all(line["is_done"] for line in lines):
        return None
    done = sum(bool(line["is_done"]) for line in lines)
    return panels.Content("ui/_first_day.html", {"lines": lines, "done": done, "total": len(lines)})
