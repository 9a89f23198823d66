"""Places of a page that other packages fill: how a lower page shows a higher package's facts without importing it.

A package registers its panels in its `AppConfig.ready`. A panel is a function that takes the request and the page's
subject and returns what to render, or None to show nothing.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any

from django.http import HttpRequest
from django.template.loader import render_to_string
from django.utils.functional import Promise
from django.utils.safestring import SafeString
from django.utils.translation import gettext

from cordiale.errors import Located


@dataclass(frozen=True)
class Content:
    """What a panel shows: a template of the owning package and its context."""

    template: str
    context: dict[str, Any]


@dataclass(frozen=True)
class Panel:
    """One registered panel. `order` sorts it on the page, `column` is `main` or `side`.

    A long page links to the panels that have a `title`, by the `anchor` that is their element's id.
    """

    name: str
    order: int
    column: str
    build: Callable[[HttpRequest, Any], Content | None]
    title: str | Promise = ""
    anchor: str = ""


_panels: dict[str, dict[str, Panel]] = {}


def register(page: str, panel: Panel) -> None:
    """Add `panel` to `page` (`dashboard`, `customer`, …). Registering a name again replaces it."""
    _panels.setdefault(page, {})[panel.name] = panel


def contents(page: str, rendered: Iterable[tuple[str, SafeString]]) -> list[tuple[str, str]]:
    """The anchor and title of those of the `rendered` panels of a page that have one, in their order."""
    shown = [_panels[page][name] for name, _ in rendered]
    return [(one.anchor, str(one.title)) for one in shown if one.title]


def render(page: str, request: HttpRequest, subject: Any, *, column: str) -> list[tuple[str, SafeString]]:
    """The rendered panels of a page's column, in order, each with its name."""
    rendered = []
    for panel in sorted(_panels.get(page, {}).values(), key=lambda one: one.order):
        if panel.column == column and (content := _built(panel, request, subject)) is not None:
            rendered.append((panel.name, render_to_string(content.template, content.context, request)))
    return rendered


def _built(panel: Panel, request: HttpRequest, subject: Any) -> Content | None:
    """What the panel shows. A company file with a mistake in it costs its panel, never the page."""
    try:
        return panel.build(request, subject)
    except Located as error:
        message, hint = error.in_words(gettext)
        return Content("ui/_panel_problem.html", {"panel": panel, "error": error, "message": message, "hint": hint})
