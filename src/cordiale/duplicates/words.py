"""Evidence in words, in the reader's language."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _
from django.utils.translation import override

from cordiale.duplicates.linking.comparisons import COMPARISONS
from cordiale.duplicates.rules.judging import Doubt, doubts

Words = str | Promise
FOR: dict[str, dict[str, Words]] = {
    "first_name": {
        "same": _("same first name"),
        "swapped": _("first and last name swapped"),
        "short": _("first name is a short form of the other"),
        "close": _("first names differ by a letter or so"),
        "different": _("first names differ"),
    },
    "last_name": {
        "same": _("same last name"),
        "swapped": "",
        "part": _("one last name contains the other"),
        "close": _("last names differ by a letter or so"),
        "different": _("last names differ"),
    },
    "birth_on": {
        "same": _("same birth date"),
        "close": _("birth dates differ by one figure, or day and month are swapped"),
        "part": _("birth dates agree in two of day, month and year"),
        "different": _("birth dates differ"),
    },
    "address": {
        "same": _("same street"),
        "close": _("streets differ by a letter or so"),
        "postcode": _("same postcode, another street"),
        "city": _("same city, another postcode"),
        "different": _("addresses differ"),
    },
    "email": {
        "same": _("same email address"),
        "box": _("email addresses lead to the same box"),
        "close": _("email addresses differ by one letter"),
        "namesake": _("email addresses made of the same names, at two providers"),
        "name": _("the same before the @ of both email addresses"),
        "different": _("email addresses differ"),
    },
    "phone": {
        "same": _("same telephone"),
        "close": _("telephone numbers differ by one figure"),
        "different": _("telephone numbers differ"),
    },
}
"""By comparison and level. What is empty is said by another comparison."""
DOUBTS: dict[str, Words] = {
    Doubt.FIRST_NAME: _("In one household much is shared: with two first names, hardly ever one person."),
    Doubt.BIRTH: _("Two birth dates: father and son, or namesakes, more often than one person."),
    Doubt.NOBODY: _("Neither first name nor birth date tells who of the household it is."),
    Doubt.HOUSEHOLD: _("Similar first names at one address may be brothers and sisters, or a couple."),
}


def evidence(levels: Mapping[str, str]) -> tuple[list[Words], list[Words]]:
    """What speaks for one person, and what against."""
    told = [(level, FOR[one.name][level]) for one in COMPARISONS if (level := levels.get(one.name)) in FOR[one.name]]
    speaks_against = ("different", "postcode", "city", "namesake")
    return (
        [words for level, words in told if words and level not in speaks_against],
        [words for level, words in told if words and level in speaks_against],
    )


def in_doubt(levels: Mapping[str, str]) -> list[Words]:
    """Why the pair is held less probable than what it shares says."""
    return [DOUBTS[doubt] for doubt in doubts(levels)]


def in_languages(levels: Mapping[str, str]) -> dict[str, Any]:
    """The evidence as one line in French and in English."""
    lines = {}
    for language in ("fr", "en"):
        with override(language):
            supporting, opposing = evidence(levels)
            lines[language] = ", ".join(str(words) for words in [*supporting, *opposing])
    return lines
