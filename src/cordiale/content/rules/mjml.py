"""MJML to HTML, once a version. Liquid passes through untouched.

Liquid is hidden behind plain words while mrml works: it would turn `>` inside a tag into `&gt;`, and it knows nothing
of braces. Parts that messages share are written once: `<mj-include path="parts/footer.fr.mjml" />`.
"""

from __future__ import annotations

import re
from collections.abc import Callable

import mrml

from cordiale.content.rules.generator import Source
from cordiale.errors import Located

_LIQUID = re.compile(r"\{\{.*?\}\}|\{%.*?%\}", re.DOTALL)
_HIDDEN = re.compile(r"liquid(\d+)hidden")
_IGNORED = re.compile(r"\{\{.*?\}\}|\{%.*?%\}|<!--.*?-->", re.DOTALL)
_TAG = re.compile(r"<(/?)(mj[a-z-]*)(?:[^<>\"']|\"[^\"]*\"|'[^']*')*?(/?)>")
_NAMES = """accordion accordion-element accordion-text accordion-title all attributes body breakpoint button carousel
carousel-image class column divider font group head hero image include navbar navbar-link preview raw section social
social-element spacer style table text title wrapper"""
TAGS = frozenset({"mjml", *(f"mj-{name}" for name in _NAMES.split())})
_INCLUDE = re.compile(r'<mj-include\s+path="([^"]*)"\s*/>')


def with_parts(source: Source, read: Callable[[str], Source]) -> str:
    """The text with its parts put in. `read` finds a part by its path, or raises CordialeError."""
    text = source.text
    for found in reversed(list(_INCLUDE.finditer(text))):
        part = read(found[1])
        if _INCLUDE.search(part.text):
            raise Located("a part cannot include another", line=1, column=1, source=part.name)
        text = text[: found.start()] + part.text.strip() + text[found.end() :]
    return text


def to_html(source: Source) -> str:
    """The HTML of an MJML text, Liquid still in it. Raises Located."""
    hidden: list[str] = []

    def hide(found: re.Match[str]) -> str:
        hidden.append(found[0])
        return f"liquid{len(hidden) - 1}hidden"

    masked = _LIQUID.sub(hide, source.text)
    try:
        html = mrml.to_html(masked, render_options=mrml.RenderOptions(fonts={})).content
    except OSError as error:
        raise Located(f"not MJML: {error}", line=1, column=1, source=source.name) from error
    return _HIDDEN.sub(lambda found: hidden[int(found[1])], html)


def check_structure(source: Source) -> None:
    """Raise Located for an MJML tag that is unknown, not closed, or closed by another: mrml lets these through."""
    text = _IGNORED.sub(lambda found: " " * len(found[0]), source.text)
    opened: list[re.Match[str]] = []
    for found in _TAG.finditer(text):
        closing, name, lone = found[1], found[2], found[3]
        if name not in TAGS:
            raise _at(found, source, f"<{name}> is not an MJML tag", f"tags are {', '.join(sorted(TAGS))}")
        if closing and (not opened or opened.pop()[2] != name):
            raise _at(found, source, f"</{name}> closes nothing", "tags close in the order they opened")
        if not closing and not lone:
            opened.append(found)
    if opened:
        raise _at(opened[-1], source, f"<{opened[-1][2]}> is not closed", "")


def _at(found: re.Match[str], source: Source, message: str, hint: str) -> Located:
    before = source.text[: found.start()]
    line, column = before.count("\n") + 1, len(before) - (before.rfind("\n") + 1) + 1
    return Located(message, line=line, column=column, source=source.name, hint=hint)
