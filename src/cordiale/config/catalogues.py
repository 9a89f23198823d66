"""Are the pages complete in French? `python -m cordiale.config.catalogues` lists what lacks a translation.

GNU gettext is not on every machine, so messages are read with Babel: Python as it is, templates through Django's own
`templatize`. A message is complete when any package's French catalogue has it, not empty and not fuzzy, with the same
placeholders.
"""

from __future__ import annotations

import re
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from io import BytesIO
from pathlib import Path
from typing import Any

from babel.messages.catalog import Catalog, Message
from babel.messages.extract import extract_python
from babel.messages.pofile import read_po
from django.utils.translation.template import templatize

PACKAGES = Path(__file__).resolve().parent.parent
LANGUAGE = "fr"
_KEYWORDS: Any = {
    "_": None,
    "gettext": None,
    "gettext_lazy": None,
    "gettext_noop": None,
    "ngettext": (1, 2),
    "ngettext_lazy": (1, 2),
    "pgettext": ((1, "c"), 2),
    "pgettext_lazy": ((1, "c"), 2),
    "npgettext": ((1, "c"), 2, 3),
}
_PLACEHOLDER = re.compile(r"%\(\w+\)[sd]|\{\w+\}")


@dataclass(frozen=True, order=True)
class Problem:
    """One message that is not complete, and where it is used or kept."""

    place: str
    message: str
    reason: str

    def __str__(self) -> str:
        return f"{self.place}: {self.reason}: {self.message!r}"


def problems() -> list[Problem]:
    """Every message of the pages without a complete French text, and every fuzzy or misplaced entry."""
    known: dict[str, str] = {}
    found: list[Problem] = []
    for path in sorted(PACKAGES.glob(f"*/locale/{LANGUAGE}/LC_MESSAGES/*.po")):
        catalogue = _catalogue(path)
        found += _entry_problems(path, catalogue)
        known.update({_key(entry): "" for entry in catalogue if entry.id and _is_complete(entry)})
    found += [
        Problem(place, message, "no French text")
        for place, message in sorted(set(used_messages()))
        if message not in known
    ]
    return found


def used_messages() -> Iterator[tuple[str, str]]:
    """Each translatable message with the place of its use."""
    for path in sorted(PACKAGES.rglob("*.py")):
        if "migrations" not in path.parts:
            yield from _extract(path, path.read_text())
    for path in sorted(PACKAGES.rglob("templates/**/*")):
        if path.suffix in {".html", ".txt", ".svg"}:
            text = templatize(path.read_text(), origin=str(path))
            yield from _extract(path, f"(\n{text}\n)", shift=1)  # brackets: its indentation means nothing


def _extract(path: Path, text: str, shift: int = 0) -> Iterator[tuple[str, str]]:
    for line, function, messages, _comments in extract_python(BytesIO(text.encode()), _KEYWORDS, [], {}):
        words = messages if isinstance(messages, tuple | list) else (messages,)
        place = 1 if str(function).startswith(("p", "np")) else 0  # pgettext has the context first
        if len(words) > place and (message := words[place]):
            yield f"{path.relative_to(PACKAGES)}:{line - shift}", str(message)


def _catalogue(path: Path) -> Catalog:
    with path.open("rb") as text:
        return read_po(text, locale=LANGUAGE, abort_invalid=True)


def _entry_problems(path: Path, catalogue: Catalog) -> Iterator[Problem]:
    for entry in catalogue:
        if not entry.id:
            continue
        place = f"{path.relative_to(PACKAGES)}:{entry.lineno}"
        if entry.fuzzy:
            yield Problem(place, _key(entry), "fuzzy")
        elif not _is_complete(entry):
            yield Problem(place, _key(entry), "empty")
        elif not _same_placeholders(entry):
            yield Problem(place, _key(entry), "its placeholders differ")


def _is_complete(entry: Message) -> bool:
    texts = entry.string if isinstance(entry.string, tuple | list) else (entry.string,)
    return not entry.fuzzy and bool(texts) and all(texts)


def _same_placeholders(entry: Message) -> bool:
    if isinstance(entry.id, tuple | list):  # "one customer" may leave the number out: compare the plural
        plural = entry.string[-1] if isinstance(entry.string, tuple | list) else ""
        return set(_PLACEHOLDER.findall(entry.id[-1])) == set(_PLACEHOLDER.findall(plural))
    return set(_PLACEHOLDER.findall(entry.id)) == set(_PLACEHOLDER.findall(str(entry.string)))


def _key(entry: Message) -> str:
    return str(entry.id[0]) if isinstance(entry.id, tuple | list) else str(entry.id)


if __name__ == "__main__":
    listed = problems()
    sys.stdout.write("".join(f"{problem}\n" for problem in listed))
    sys.exit(bool(listed))
