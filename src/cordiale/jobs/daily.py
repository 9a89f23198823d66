"""What is done once each local day of the company.

All of a day is one job whose key is the day: however the clock jumps, whoever asks, a day is never done twice. After a
stop of several days the present one is done, the missed ones are not: what is daily looks at everything that is due.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.utils.translation import gettext_lazy as _

from cordiale import clock
from cordiale.company import company
from cordiale.errors import CordialeError
from cordiale.jobs import actions, kinds
from cordiale.jobs.progress import Progress

KIND = "daily"
_log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Daily:
    """Work of every day; lower `order` first. `run(now)` may be called again after a crash in its middle."""

    name: str
    order: int
    run: Callable[[datetime], object]


_dailies: dict[str, Daily] = {}


def register(daily: Daily) -> None:
    """Add daily work, from a package's `AppConfig.ready`. Registering a name again replaces it."""
    _dailies[daily.name] = daily


def registered() -> list[Daily]:
    """All of it, in order."""
    return sorted(_dailies.values(), key=lambda one: (one.order, one.name))


def register_kind() -> None:
    """Make the day's work a job like others."""
    kinds.register(kinds.Kind(KIND, run, _("Work of the day")))
    register(Daily("jobs", 900, actions.forget))


def ask(now: datetime) -> None:
    """Ask for the work of the local day `now` is in, unless it was asked for."""
    day = clock.local_day(now, company().zone)
    if _dailies:
        actions.enqueue(KIND, {"day": day.isoformat()}, day.isoformat(), "jobs", now, key=f"{KIND}:{day.isoformat()}")


def run(job: Progress) -> Mapping[str, Any]:
    """Do what is left of a day. One that fails does not keep the others from being done; it is said at the end."""
    finished: list[str] = list(job.kept.get("done", []))
    failed: list[str] = []
    every = registered()
    for daily in every:
        if daily.name not in finished:
            failure = _fail_of(daily, job.now)
            if failure:
                failed.append(f"{daily.name}: {failure}")
            else:
                finished.append(daily.name)
                job.keep(done=finished)
        job.done(len(finished), len(every))
    if failed:
        raise CordialeError(f"not done today: {'; '.join(failed)}. Mend the cause, then try this job again")
    return {"done": finished}


def _fail_of(daily: Daily, now: datetime) -> str:
    try:
        daily.run(now)
    except CordialeError as error:
        return str(error)
    except (ValueError, TypeError, LookupError, AttributeError, ArithmeticError, RuntimeError) as error:
        _log.exception("daily work %s", daily.name)
        return f"a mistake of ours ({type(error).__name__})"
    return ""
