"""The kinds of work there are. A package registers its own in its `AppConfig.ready`."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from django.utils.functional import Promise

from cordiale.errors import NotFound

if TYPE_CHECKING:
    from cordiale.jobs.models import Job
    from cordiale.jobs.progress import Progress

Run = Callable[["Progress"], Mapping[str, Any] | None]


@dataclass(frozen=True)
class Kind:
    """A kind of work: what it is called, and where its outcome is seen.

    `run` may be killed anywhere and called again, so it must take up where it was (what it wrote, or `job.kept`);
    what it returns is the job's result (JSON). `address` gives the page about a job of this kind, empty for none.
    """

    name: str
    run: Run
    label: str | Promise = ""
    address: Callable[[Job], str] = lambda job: ""


_kinds: dict[str, Kind] = {}


def register(kind: Kind) -> None:
    """Add a kind. Registering a name again replaces it."""
    _kinds[kind.name] = kind


def find_kind(name: str) -> Kind | None:
    """The kind called `name`, None for one this version does not know (any more)."""
    return _kinds.get(name)


def get_kind(name: str) -> Kind:
    """The kind called `name`. Raises NotFound."""
    if name not in _kinds:
        raise NotFound(f"there is no kind of job '{name}'; there are {', '.join(sorted(_kinds))}")
    return _kinds[name]
