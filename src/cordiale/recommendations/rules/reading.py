"""Values out of YAML that people write, each error at its place."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from ruamel.yaml.comments import CommentedMap, CommentedSeq

from cordiale.errors import Located


@dataclass(frozen=True)
class Part:
    """A mapping in a document; `source` is what the document is called."""

    values: CommentedMap
    source: str

    def refuse(self, key: Any, message: str, hint: str = "") -> Located:
        """The error to raise about a key of this mapping (about the mapping itself where it lacks it)."""
        line, column = self.values.lc.key(key) if key in self.values else (self.values.lc.line, self.values.lc.col)
        return Located(message, line=line + 1, column=column + 1, source=self.source, hint=hint)

    def only(self, *names: str) -> Part:
        """This, where every key is one of `names`."""
        for key in self.values:
            if key not in names:
                raise self.refuse(key, f"'{key}' is not known", f"it takes {', '.join(names)}")
        return self

    def part(self, key: str) -> Part:
        """The mapping under a key; an empty one where there is none."""
        value = self.values.get(key)
        if value is None:
            empty = CommentedMap()
            empty.lc.line, empty.lc.col = self.values.lc.line, self.values.lc.col
            return Part(empty, self.source)
        if not isinstance(value, CommentedMap):
            raise self.refuse(key, f"'{key}' needs names and values", f"write for instance  {key}: {{NAME: 1}}")
        return Part(value, self.source)

    def parts(self) -> Iterator[tuple[str, Part]]:
        """Each key with the mapping under it."""
        for key in self.values:
            yield str(key), self.part(key)

    def flag(self, key: str, default: bool) -> bool:
        """Yes or no."""
        return bool(self._checked(key, default, lambda value: isinstance(value, bool), "write true or false"))

    def number(self, key: str, default: float | None, low: float, high: float) -> Any:
        """A number from `low` to `high`, or the default."""

        def fits(value: Any) -> bool:
            return isinstance(value, int | float) and not isinstance(value, bool) and low <= value <= high

        return self._checked(key, default, fits, f"write a number from {low:g} to {high:g}")

    def names(self, key: str) -> tuple[str, ...]:
        """A list of codes."""
        value = self.values.get(key) or []
        if not isinstance(value, CommentedSeq | list) or not all(isinstance(one, str | int) for one in value):
            raise self.refuse(key, f"'{key}' is not a list of names", f"write for instance  {key}: [TEA, COFFEE]")
        return tuple(str(one) for one in value)

    def weights(self, key: str, low: float, high: float) -> Mapping[str, float]:
        """Codes, each with a number."""
        inside = self.part(key)
        return {str(name): float(inside.number(name, 0, low, high)) for name in inside.values}

    def texts(self, key: str, *, is_needed: bool = True) -> Mapping[str, str]:
        """A text by language."""
        inside = self.part(key).values
        if not all(isinstance(text, str) for text in inside.values()) or (is_needed and not inside):
            raise self.refuse(key, f"'{key}' needs a text by language", f"write  {key}: {{fr: …, en: …}}")
        return {str(language): text for language, text in inside.items()}

    def _checked(self, key: str, default: Any, fits: Callable[[Any], bool], hint: str) -> Any:
        value = self.values.get(key)
        if value is None:
            return default
        if not fits(value):
            raise self.refuse(key, f"'{key}' cannot be '{value}'", hint)
        return value


def document(loaded: Any, source: str, known: Collection[str]) -> Part:
    """The document's own mapping, with known keys only. Raises Located."""
    if not isinstance(loaded, CommentedMap):
        raise Located(
            "names and values are needed", line=1, column=1, source=source, hint=f"it takes {', '.join(known)}"
        )
    return Part(loaded, source).only(*known)
