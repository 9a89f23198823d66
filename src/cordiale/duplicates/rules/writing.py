"""Ways of writing a value so that two spellings of it meet: one list of steps, run in Python or as DuckDB's SQL.

Both engines know the same regular expressions as long as they keep to ASCII classes; a property test holds them equal.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass

_LIGATURES = (("œ", "oe"), ("æ", "ae"), ("ß", "ss"), ("ø", "o"), ("ł", "l"), ("đ", "d"))
# What is neither a letter nor a figure: ASCII signs, Latin-1 signs and no-break space, dashes and typographic marks.
_SEPARATORS = "[^a-z0-9\u00c0-\u1ffc\u2c00-\U0010ffff]+"


@dataclass(frozen=True)
class Writing:
    """Replacements made one after the other, in a text already folded (or only lowered, see `is_folded`)."""

    steps: tuple[tuple[str, str], ...]
    is_folded: bool = True

    def of(self, text: str | None) -> str | None:
        """`text` as it is compared, None where nothing is left of it."""
        written = fold(text or "") if self.is_folded else lower(text or "")
        for pattern, replacement in self.steps:
            written = re.sub(pattern, replacement, written, flags=re.ASCII)
        return written or None

    def sql(self, column: str) -> str:
        """The same as an expression over `column` (a name of ours, or an expression)."""
        expression = fold_sql(column) if self.is_folded else lower_sql(column)
        for pattern, replacement in self.steps:
            expression = f"regexp_replace({expression}, {quoted(pattern)}, {quoted(replacement)}, 'g')"
        return f"nullif({expression}, '')"


def words(steps: Sequence[tuple[str, str]]) -> tuple[tuple[str, str], ...]:
    """Steps over whole words; the spaces they leave are tidied afterwards."""
    return (*steps, (" +", " "), ("^ | $", ""))


def lower(text: str) -> str:
    """Small letters without accents, œ as oe."""
    small = "".join(letter.lower() for letter in text)
    for sign, letters in _LIGATURES:
        small = small.replace(sign, letters)
    split = unicodedata.normalize("NFD", small)
    bare = "".join(letter for letter in split if not unicodedata.category(letter).startswith("M"))
    return unicodedata.normalize("NFC", bare)


def fold(text: str) -> str:
    """`lower`, with one space for everything that is neither a letter nor a figure."""
    return re.sub("^ | $", "", re.sub(_SEPARATORS, " ", lower(text)))


def lower_sql(column: str) -> str:
    """`lower` in SQL."""
    expression = f"lower(coalesce({column}, ''))"
    for sign, letters in _LIGATURES:
        expression = f"replace({expression}, '{sign}', '{letters}')"
    return f"strip_accents({expression})"


def fold_sql(column: str) -> str:
    """`fold` in SQL."""
    spaced = f"regexp_replace({lower_sql(column)}, {quoted(_SEPARATORS)}, ' ', 'g')"
    return f"regexp_replace({spaced}, '^ | $', '', 'g')"


def quoted(text: str) -> str:
    """A literal of SQL."""
    return "'" + text.replace("'", "''") + "'"
