"""YAML texts that people write: every value keeps its place, so that an error can point at it."""

from __future__ import annotations

import io
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, NoReturn

from ruamel.yaml import YAML
from ruamel.yaml.comments import CommentedMap, CommentedSeq
from ruamel.yaml.scalarstring import (
    DoubleQuotedScalarString,
    FoldedScalarString,
    LiteralScalarString,
    ScalarString,
    SingleQuotedScalarString,
)

from cordiale import documents
from cordiale.errors import Located


@dataclass(frozen=True)
class Node:
    """A value of the text and where it stands (line and column count from 1)."""

    value: Any
    line: int
    column: int
    source: str
    name: str = ""

    def refuse(self, message: str, *, hint: str = "", offset: int = 0) -> NoReturn:
        """Raise Located at this place, `offset` characters into the value."""
        shift = 0 if isinstance(self.value, FoldedScalarString | LiteralScalarString) else offset
        raise Located(message, line=self.line, column=self.column + shift, source=self.source, hint=hint)

    def fields(self, *, required: tuple[str, ...], optional: tuple[str, ...] = ()) -> Mapping[str, Node]:
        """The entries of a mapping. Raises Located where one is missing or not known."""
        entries = dict(self.entries())
        known = (*required, *optional)
        for name, node in entries.items():
            if name not in known:
                node.refuse_name(f"'{name}' is not known here", hint=f"it takes {', '.join(known)}")
        for name in required:
            if name not in entries:
                self.refuse(f"'{name}' is missing", hint=f"it takes {', '.join(known)}")
        return entries

    def entries(self) -> Iterator[tuple[str, Node]]:
        """The entries of a mapping, in the order they are written."""
        if not isinstance(self.value, CommentedMap):
            self.refuse(f"{self.name or 'this'} must be a list of `name: value` entries")
        for name in self.value:
            value, (line, column) = self.value[name], self.value.lc.value(name)
            column += _before_text(value)
            yield str(name), _Entry(value, line + 1, column + 1, self.source, str(name), self.value.lc.key(name))

    def items(self) -> Iterator[Node]:
        """The items of a sequence."""
        if not isinstance(self.value, CommentedSeq):
            self.refuse(f"{self.name or 'this'} must be a list of items")
        for place, value in enumerate(self.value):
            line, column = self.value.lc.item(place)
            yield Node(value, line + 1, column + 1, self.source, self.name)

    def text(self) -> str:
        """The value as a text on one line. Raises Located where it is none."""
        if not isinstance(self.value, str) or not self.value.strip():
            self.refuse(f"{self.name or 'this'} must be a text")
        return self.value

    def choice(self, allowed: tuple[str, ...]) -> str:
        """The value, one of `allowed`."""
        if self.value not in allowed:
            self.refuse(f"'{self.value}' is not a {self.name or 'value'}", hint=f"choose {', '.join(allowed)}")
        return str(self.value)

    def days(self) -> int:
        """A whole number of days, at least 1."""
        if not isinstance(self.value, int) or isinstance(self.value, bool) or not 1 <= self.value <= 36_500:
            self.refuse(f"{self.name} must be a whole number of days, at least 1")
        return int(self.value)

    def number(self) -> int | float:
        """A number."""
        if not isinstance(self.value, int | float) or isinstance(self.value, bool):
            self.refuse(f"{self.name} must be a number")
        return self.value

    def languages(self) -> Mapping[str, str]:
        """A text in French and in English: `{fr: …, en: …}`."""
        return {language: node.text() for language, node in self.fields(required=("fr", "en")).items()}

    def refuse_name(self, message: str, *, hint: str = "") -> NoReturn:
        """Raise Located at the name of this entry."""
        self.refuse(message, hint=hint)


@dataclass(frozen=True)
class _Entry(Node):
    key_place: tuple[int, int] = (0, 0)  # line and column from 0, as ruamel.yaml counts

    def refuse_name(self, message: str, *, hint: str = "") -> NoReturn:
        line, column = self.key_place
        raise Located(message, line=line + 1, column=column + 1, source=self.source, hint=hint)


def read(text: str, source: str) -> Node:
    """The root of the YAML `text`. Raises Located where it is not YAML."""
    value = documents.load(text, source)
    return Node(value, 1, 1, source)


def written(value: Any) -> str:
    """The YAML of a value that was read, without its comments, anchors and quotes."""
    writer = YAML(typ="safe", pure=True)
    writer.default_flow_style, writer.allow_unicode, writer.width = False, True, 110
    writer.sort_base_mapping_type_on_output = False  # type: ignore[assignment]
    page = io.StringIO()
    writer.dump(_plain(value), page)
    return page.getvalue()


def _plain(value: Any) -> Any:
    if isinstance(value, Mapping):
        return {str(name): _plain(one) for name, one in value.items()}
    return str(value) if isinstance(value, str) else value


def _before_text(value: Any) -> int:
    """Characters between where YAML says a scalar begins and its first letter: an anchor, a quote."""
    if not isinstance(value, ScalarString):
        return 0
    anchor = value.yaml_anchor()
    quoted = isinstance(value, SingleQuotedScalarString | DoubleQuotedScalarString)
    return (len(f"&{anchor.value} ") if anchor else 0) + int(quoted)
