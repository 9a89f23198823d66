"""What is wrong with a text somebody wrote, so that a page can say it in its reader's language. Pure.

Rules mark a sentence with `_` and fill it with `say`; an error's own text stays English, as the command line speaks.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from cordiale.errors import Located


@dataclass(frozen=True)
class Phrase:
    """An English sentence and what stands in for its `%(name)s`; without values it is taken as it is."""

    text: str
    values: Mapping[str, object] = field(default_factory=dict)

    def __str__(self) -> str:
        return self.put(str)

    def put(self, translate: Callable[[str], str]) -> str:
        """The sentence in another language, by `gettext` or its like."""
        text = translate(self.text) if self.text else ""
        return text % self.values if self.values else text


def mark(text: str) -> str:
    """The sentence as it is, listed for translation; rules know it as `_`, since frames work without Django."""
    return text


def say(text: str, /, **values: object) -> Phrase:
    """A sentence with its values."""
    return Phrase(text, values)


class Fault(Located):
    """A Located whose sentences can be put in another language."""

    def __init__(
        self, message: str | Phrase, *, line: int, column: int, source: str = "", hint: str | Phrase = ""
    ) -> None:
        self._said, self._mend = _phrase(message), _phrase(hint)
        super().__init__(str(self._said), line=line, column=column, source=source, hint=str(self._mend))

    def in_words(self, translate: Callable[[str], str]) -> tuple[str, str]:
        """The message and the hint, translated."""
        return self._said.put(translate), self._mend.put(translate)


def _phrase(text: str | Phrase) -> Phrase:
    return text if isinstance(text, Phrase) else Phrase(text)
