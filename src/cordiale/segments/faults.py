"""A refused expression, ready to show."""

from __future__ import annotations

from dataclasses import dataclass

from cordiale.segments.rules import BadExpression


@dataclass(frozen=True, kw_only=True)
class Fault:
    """What is wrong, how to mend it, and the text around the place."""

    message: str
    mend: str
    line: int
    column: int
    before: str
    bad: str
    after: str


def fault(text: str, error: BadExpression, language: str) -> Fault:
    """Of what a text was refused for."""
    message, mend = error.told(language)
    return Fault(
        message=message, mend=mend, line=error.line, column=error.column, before=text[: error.start],
        bad=text[error.start : error.end], after=text[error.end :],
    )  # fmt: skip
