"""One sentence for the next page: what the action just done changed."""

from __future__ import annotations

from collections.abc import Callable
from typing import Literal

from django.http import HttpRequest

Kind = Literal["ok", "info", "warning", "danger"]
Notice = dict[str, str]
"""`text` and `kind`; where there is something to see, `url` and the words of its link, `link`."""
_sources: dict[str, Callable[[HttpRequest], list[Notice]]] = {}


def register_source(news: Callable[[HttpRequest], list[Notice]]) -> None:
    """Let a package tell on any page what happened meanwhile: `news(request)` gives notices not yet told."""
    _sources[news.__module__] = news


def add(request: HttpRequest, text: str, kind: Kind = "ok") -> None:
    """Show `text` once, at the top of the next page this person opens."""
    request.session["notices"] = [*request.session.get("notices", []), {"text": str(text), "kind": kind}][-5:]


def take(request: HttpRequest) -> list[Notice]:
    """What waits to be shown; it is gone afterwards."""
    session = getattr(request, "session", None)
    taken: list[Notice] = session.pop("notices", []) if session is not None else []
    return taken + [notice for news in _sources.values() for notice in news(request)]
