"""Whether two names can be those of one person."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator, Sequence
from datetime import date
from typing import NamedTuple

_LETTERS = re.compile(r"[a-z0-9]+")
_PARTICLES = frozenset({"de", "du", "des", "la", "le", "les", "d", "l", "van", "von", "da", "di", "el", "al", "y", "e"})
_LONG, _VERY_LONG = 4, 8
"""From so many letters on, one slip of the pen, and two, are a spelling and not another name."""


class Person(NamedTuple):
    """What tells people apart. Empty where unknown."""

    first_name: str = ""
    last_name: str = ""
    birth_on: date | None = None


def words(name: str) -> tuple[str, ...]:
    """The words of a name without accents, case and hyphens."""
    folded = unicodedata.normalize("NFKD", name.lower().replace("œ", "oe").replace("æ", "ae").replace("ß", "ss"))
    plain = "".join(letter for letter in folded if not unicodedata.combining(letter))
    return tuple(_LETTERS.findall(plain)) or ((plain.strip(),) if plain.strip() else ())


def disagree(one: Person, other: Person) -> bool:
    """Are these the names of two people? Accents, slips, initials, missing parts and swapped fields do not count."""
    first, last = words(one.first_name), words(one.last_name)
    other_first, other_last = words(other.first_name), words(other.last_name)
    as_written = _compatible(first, other_first) and _compatible(last, other_last)
    return not (as_written or (_compatible(first, other_last) and _compatible(last, other_first) and first and last))


def agree(one: Person, other: Person) -> bool:
    """Do both have a first and a last name, and the same ones?"""
    return all((one.first_name, one.last_name, other.first_name, other.last_name)) and not disagree(one, other)


def _compatible(one: Sequence[str], other: Sequence[str]) -> bool:
    if not one or not other or _same_word("".join(one), "".join(other)):
        return True
    fewer, more = sorted((_weighty(one), _weighty(other)), key=len)
    return all(any(_same_word(word, another) for another in more) for word in fewer)


def _weighty(name: Sequence[str]) -> Sequence[str]:
    return [word for word in name if word not in _PARTICLES] or name


def _same_word(one: str, other: str) -> bool:
    shorter, longer = sorted((one, other), key=len)
    if len(shorter) == 1:
        return longer.startswith(shorter)
    if len(shorter) < _LONG:
        return one == other
    return is_within(one, other, 2 if len(shorter) >= _VERY_LONG else 1)


def is_within(one: str, other: str, slips: int) -> bool:
    """Can `one` be written as `other` with at most so many letters changed, added, dropped or swapped with the next?"""
    if one == other:
        return True
    if slips == 0 or abs(len(one) - len(other)) > slips:
        return False
    start = next((i for i, (a, b) in enumerate(zip(one, other, strict=False)) if a != b), min(len(one), len(other)))
    return any(is_within(a, b, slips - 1) for a, b in _mends(one[start:], other[start:]))


def _mends(one: str, other: str) -> Iterator[tuple[str, str]]:
    """What is left to compare after the first letters, which differ, were explained as one slip."""
    yield one[1:], other[1:]
    yield one[1:], other
    yield one, other[1:]
    if one[:2] == other[1::-1] and len(one) > 1:
        yield one[2:], other[2:]
