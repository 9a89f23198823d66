"""What else somebody may have meant: every text one slip of the keyboard away. Pure."""

from __future__ import annotations

from collections.abc import Iterator

OF_NAMES = "abcdefghijklmnopqrstuvwxyz"
OF_EMAILS = OF_NAMES + "0123456789.-_@"
_FIGURES = "0123456789"


def near(text: str, letters: str) -> set[str]:
    """`text` with one letter missing, doubled, wrong or added, or two neighbours swapped."""
    return set(_slips(text, letters)) - {text}


def near_numbers(number: str, kept: int = 3) -> set[str]:
    """An international number with one figure wrong, missing or added, or two swapped; its beginning is kept."""
    return {number[:kept] + rest for rest in near(number[kept:], _FIGURES)}


def _slips(text: str, letters: str) -> Iterator[str]:
    for place in range(len(text) + 1):
        before, after = text[:place], text[place:]
        if after:
            yield before + after[1:]
            yield from (before + letter + after[1:] for letter in letters)
        if len(after) > 1:
            yield before + after[1] + after[0] + after[2:]
        yield from (before + letter + after for letter in letters)
