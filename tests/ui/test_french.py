"""French is written as printers write it."""

from __future__ import annotations

import re
from collections import defaultdict
from pathlib import Path

import pytest
from babel.messages.pofile import read_po

import cordiale

PACKAGES, _CATALOGUE = Path(cordiale.__file__).parent, "locale/fr/LC_MESSAGES/django.po"
CATALOGUES = sorted(PACKAGES.glob(f"*/{_CATALOGUE}"))
_LOOSE = re.compile(r"\S (?=[;:!?»](?:\s|$)|%%)|« ")
_QUOTED_CODE = ("; , |", "control: 10 %")
"""Signs that are quoted, not punctuation."""


@pytest.mark.parametrize("path", CATALOGUES, ids=lambda path: path.parents[3].name)
def test_no_line_can_begin_with_a_french_punctuation_mark(path: Path) -> None:
    with path.open("rb") as text:
        catalogue = read_po(text, locale="fr")
    said = [one for entry in catalogue if entry.id for one in _texts(entry.string)]
    assert [one for one in said if _LOOSE.search(one) and not any(code in one for code in _QUOTED_CODE)] == []


UNDERSTAND = ("insight", "lifecycle", "scores", "recommendations", "segments", "customers")


def test_what_is_said_of_customers_is_said_in_the_same_words_everywhere() -> None:
    """Catalogues are one at run time: of two texts for one message, either shows on both pages."""
    told: dict[object, set[object]] = defaultdict(set)
    for package in UNDERSTAND:
        with (PACKAGES / package / _CATALOGUE).open("rb") as text:
            for entry in read_po(text, locale="fr"):
                told[entry.context, entry.id].add(str(entry.string))
    del told[None, ""]
    assert {message: texts for message, texts in told.items() if len(texts) > 1} == {}


def _texts(translation: str | tuple[str, ...] | list[str]) -> list[str]:
    return [translation] if isinstance(translation, str) else list(translation)
