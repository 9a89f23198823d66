"""MJML to HTML, once a version. Liquid passes through untouched.

Liquid is hidden behind plain words while mrml works: it would turn `>` inside a tag into `&gt;`, and it knows nothing
of braces. Parts that messages share are written once: `<mj-include path="parts/footer.fr.mjml" />`.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from xml.parsers import expat

import mrml

from cordiale.content.rules.generator import Source
from cordiale.errors import Located

_LIQUID = re.compile(r"\{\{.*?\}\}|\{%.*?%\}", re.DOTALL)
_HIDDEN = re.compile(r"liquid(\d+)hidden")
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
        raise _located(str(error), masked, hidden, source) from error
    return _HIDDEN.sub(lambda found: hidden[int(found[1])], html)


def _located(message: str, masked: str, hidden: list[str], source: Source) -> Located:
    """mrml gives no place; the first spot that is not XML is the best guess, else the beginning."""
    parser = expat.ParserCreate()
    try:
        parser.Parse(masked.encode(), True)
        index = 0
    except expat.ExpatError as error:
        index, message = parser.ErrorByteIndex, f"{message}: {expat.errors.messages[error.code]}"
    before = _HIDDEN.sub(lambda one: hidden[int(one[1])], masked.encode()[:index].decode(errors="ignore"))
    line, column = before.count("\n") + 1, len(before) - (before.rfind("\n") + 1) + 1
    return Located(f"not MJML: {message}", line=line, column=column, source=source.name)
