"""Values out of YAML that people write, each error at its place."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from ruamel.yaml.comments import CommentedMap, CommentedSeq

from cordiale.errors import Located
from cordiale.insight.rules.phrases import Fault, Phrase, say
from cordiale.insight.rules.phrases import mark as _


@dataclass(frozen=True)
class Part:
    """A mapping in a document; `source` is what the document is called."""

    values: CommentedMap
    source: str

    def refuse(self, key: Any, message: str | Phrase, hint: str | Phrase = "") -> Located:
        """The error to raise about a key of this mapping (about the mapping itself where it lacks it)."""
        line, column = self.values.lc.key(key) if key in self.values else (self.values.lc.line, self.values.lc.col)
        return Fault(message, line=line + 1, column=column + 1, source=self.source, hint=hint)

    def only(self, *names: str) -> Part:
        """This, where every key is one of `names`."""
        for key in self.values:
            if key not in names:
                hint = say(_("known are %(names)s"), names=", ".join(names))
                raise self.refuse(key, say(_("'%(name)s' is not known"), name=key), hint)
        return self

    def part(self, key: str) -> Part:
        """The mapping under a key; an empty one where there is none."""
        value = self.values.get(key)
        if value is None:
            empty = CommentedMap()
            empty.lc.line, empty.lc.col = self.values.lc.line, self.values.lc.col
            return Part(empty, self.source)
        if not isinstance(value, CommentedMap):
            hint = say(_("write for instance %(example)s"), example=f"{key}: {{NAME: 1}}")
            raise self.refuse(key, say(_("'%(name)s' needs names and values"), name=key), hint)
        return Part(value, self.source)

    def parts(self) -> Iterator[tuple[str, Part]]:
        """Each key with the mapping under it."""
        for key in self.values:
            yield str(key), self.part(key)

    def flag(self, key: str, default: bool) -> bool:
        """Yes or no."""
        return bool(self._checked(key, default, lambda value: isinstance(value, bool), _("write true or false")))

    def number(self, key: str, default: float | None, low: float, high: float) -> Any:
        """A number from `low` to `high`, or the default."""

        def fits(value: Any) -> bool:
            return isinstance(value, int | float) and not isinstance(value, bool) and low <= value <= high

        hint = say(_("write a number from %(low)s to %(high)s"), low=f"{low:g}", high=f"{high:g}")
        return self._checked(key, default, fits, hint)

    def names(self, key: str) -> tuple[str, ...]:
        """A list of codes."""
        value = self.values.get(key) or []
        if not isinstance(value, CommentedSeq | list) or not all(isinstance(one, str | int) for one in value):
            hint = say(_("write for instance %(example)s"), example=f"{key}: [TEA, COFFEE]")
            raise self.refuse(key, say(_("'%(name)s' is not a list of names"), name=key), hint)
        return tuple(str(one) for one in value)

    def weights(self, key: str, low: float, high: float) -> Mapping[str, float]:
        """Codes, each with a number."""
        inside = self.part(key)
        return {str(name): float(inside.number(name, 0, low, high)) for name in inside.values}

    def texts(self, key: str, *, is_needed: bool = True) -> Mapping[str, str]:
        """A text by language."""
        inside = self.part(key).values
        if not all(isinstance(text, str) for text in inside.values()) or (is_needed and not inside):
            hint = say(_("write for instance %(example)s"), example=f"{key}: {{fr: …, en: …}}")
            raise self.refuse(key, say(_("'%(name)s' needs a text by language"), name=key), hint)
        return {str(language): text for language, text in inside.items()}

    def _checked(self, key: str, default: Any, fits: Callable[[Any], bool], hint: str | Phrase) -> Any:
        value = self.values.get(key)
        if value is None:
            return default
        if not fits(value):
            raise self.refuse(key, say(_("'%(name)s' cannot be '%(value)s'"), name=key, value=value), hint)
        return value


def document(loaded: Any, source: str, known: Collection[str]) -> Part:
    """The document's own mapping, with known keys only. Raises Located."""
    if not isinstance(loaded, CommentedMap):
        hint = say(_("known are %(names)s"), names=", ".join(known))
        raise Fault(_("names and values are needed"), line=1, column=1, source=source, hint=hint)
    return Part(loaded, source).only(*known)
