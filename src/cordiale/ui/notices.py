"""One sentence for the next page: what the action just done changed."""

from __future__ import annotations

from typing import Literal

from django.http import HttpRequest

Kind = Literal["ok", "info", "warning", "danger"]


def add(request: HttpRequest, text: str, kind: Kind = "ok") -> None:
    """Show `text` once, at the top of the next page this person opens."""
    request.session["notices"] = [*request.session.get("notices", []), {"text": str(text), "kind": kind}][-5:]


def take(request: HttpRequest) -> list[dict[str, str]]:
    """What waits to be shown; it is gone afterwards."""
    session = getattr(request, "session", None)
    taken: list[dict[str, str]] = session.pop("notices", []) if session is not None else []
    return taken
