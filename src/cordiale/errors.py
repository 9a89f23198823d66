"""The error family.

Domain code raises these and nothing else for what a person can mend. One file turns them into HTTP answers
(`config.middleware`), one into CLI messages (`config.cli`): exit code 1 and one clear line.
"""

from __future__ import annotations

from collections.abc import Callable


class CordialeError(Exception):
    """Something a person can mend. The message says what happened and what to do."""


class Refused(CordialeError):
    """The action is understood but not allowed in the present state."""


class NotFound(CordialeError):
    """Nothing has that name or number."""


class Unavailable(CordialeError):
    """A service this needs (PostgreSQL, SMTP, the lake) does not answer."""


class Located(CordialeError):
    """An error at a place in a text somebody wrote (YAML, segment expression, template).

    `line` and `column` count from 1. `source` names the text (a file, "expression"). `hint` proposes the mend.
    """

    def __init__(self, message: str, *, line: int, column: int, source: str = "", hint: str = "") -> None:
        self.message = message
        self.line = line
        self.column = column
        self.source = source
        self.hint = hint
        super().__init__(str(self))

    def in_words(self, translate: Callable[[str], str]) -> tuple[str, str]:
        """The message and the hint as a page says them; `translate` is gettext."""
        return translate(self.message) if self.message else "", translate(self.hint) if self.hint else ""

    def __str__(self) -> str:
        place = f"{self.source}:{self.line}:{self.column}" if self.source else f"{self.line}:{self.column}"
        return f"{place}: {self.message}" + (f" ({self.hint})" if self.hint else "")
