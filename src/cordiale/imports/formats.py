"""How a file writes dates and numbers: seen in a sample, told where it can be told, asked where it cannot."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass

DATES = ("iso", "day-first", "month-first")
DECIMALS = (",", ".")
_ISO = re.compile(r"\d{4}([-/.]?)\d{1,2}\1\d{1,2}(?:[T ].*)?\Z")
_TWO_FIRST = re.compile(r"(\d{1,2})[-/. ](\d{1,2})[-/. ](?:\d{4}|\d{2})(?:[T ].*)?\Z")
_SPACES = re.compile(r"[\s\u00a0\u202f'€$£]")


@dataclass(frozen=True)
class Guess:
    """What the sample says: one of the formats, or empty. `is_open` where it could be either, and somebody must say."""

    format: str
    is_open: bool = False
    example: str = ""


def guess_dates(cells: Iterable[str]) -> Guess:
    """Which comes first in 03/04/2026. Only a day over 12 tells."""
    first_over = second_over = False
    example, is_iso = "", False
    for cell in cells:
        if match := _TWO_FIRST.match(cell):
            example = example or cell
            first_over |= int(match[1]) > 12
            second_over |= int(match[2]) > 12
        elif _ISO.match(cell):
            is_iso = True
    if not example:
        return Guess("iso" if is_iso else "")
    if first_over == second_over:
        return Guess("", is_open=True, example=example)
    return Guess("day-first" if first_over else "month-first", example=example)


def guess_decimal(cells: Iterable[str]) -> Guess:
    """Whether 1.234 is a thousand or one and a bit. A separator told by its use elsewhere in the column settles it."""
    comma = point = False
    example = ""
    for cell in cells:
        text = _SPACES.sub("", cell).lstrip("+-")
        if not re.fullmatch(r"[\d.,]+", text) or not any(mark in text for mark in ",."):
            continue
        last = max(text.rfind(","), text.rfind("."))
        is_clear = len(text) - last - 1 != 3 or {",", "."} <= set(text) or text.startswith(("0", ",", "."))
        if text.count(text[last]) > 1:  # 1.234.567: thousands for sure
            comma, point = comma or text[last] == ".", point or text[last] == ","
        elif is_clear:
            comma, point = comma or text[last] == ",", point or text[last] == "."
        else:
            example = example or cell
    if comma != point:
        return Guess("," if comma else ".")
    return Guess("", is_open=True, example=example) if example or comma else Guess("")
