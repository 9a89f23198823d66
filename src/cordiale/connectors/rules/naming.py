"""Does a text name somebody? For giving out and taking out what was sent about a person. Pure."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any

_FIGURES = 9
"""The last figures of a telephone number: what is left whichever way its country is written."""
_NUMBER = re.compile(r"\+?\d[\d\s().-]{6,24}\d")


@dataclass(frozen=True)
class Names:
    """What identifies a person: emails in small letters, last figures of telephones, (kind, value) of the rest."""

    emails: frozenset[str]
    phones: frozenset[str]
    others: frozenset[tuple[str, str]]

    @classmethod
    def of(cls, held: Iterable[tuple[str, str]]) -> Names:
        """From identifiers by kind."""
        pairs = [(kind, value) for kind, value in held if value]
        return cls(
            frozenset(value.lower() for kind, value in pairs if kind == "email"),
            frozenset(tail for kind, value in pairs if kind == "phone" and len(tail := _tail(value)) == _FIGURES),
            frozenset(pair for pair in pairs if pair[0] not in {"email", "phone"}),
        )

    def are_in(self, text: str) -> bool:
        """Is the email or the telephone number in the text?"""
        small = text.lower()
        if any(email in small and re.search(_alone(re.escape(email)), small) for email in self.emails):
            return True
        return any(_tail(found.group()) in self.phones for found in _NUMBER.finditer(text)) if self.phones else False

    def identify(self, identifiers: Mapping[str, str]) -> bool:
        """Is one of these his?"""
        return any((kind, str(value).strip()) in self.others for kind, value in identifiers.items())


def pattern(email: str) -> str:
    """An email as a regular expression over a body in small letters as PostgreSQL's `encode(…, 'escape')` writes it."""
    letters = (chr(byte) if byte < 128 else f"\\{byte:03o}" for byte in email.encode())
    return _alone(re.escape("".join(letters)))


def without(found: Any, is_his: Callable[[Any], bool]) -> Any:
    """A list without the elements that are his, or an object with such lists; None where nothing or he is left."""
    left = _sifted(found, is_his)
    is_whole = left == found or not left
    return None if is_whole or (isinstance(left, dict) and is_his(left)) else left


def _sifted(found: Any, is_his: Callable[[Any], bool]) -> Any:
    if isinstance(found, list):
        return [one for one in found if not is_his(one)]
    if isinstance(found, dict):
        return {name: _sifted(value, is_his) for name, value in found.items()}
    return found


def _alone(expression: str) -> str:
    """Not the end of a longer mailbox, not the beginning of a longer domain."""
    return rf"(?<![a-z0-9._+-]){expression}(?![a-z0-9_-]|\.[a-z0-9])"


def _tail(number: str) -> str:
    return re.sub("[^0-9]", "", number)[-_FIGURES:]
