"""YAML texts that people write: every value keeps its place, so that an error can point at it."""

from __future__ import annotations

import io
from collections.abc import Iterator, Mapping, Sequence
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
from cordiale.insight.rules.phrases import Fault, Phrase, say
from cordiale.insight.rules.phrases import mark as _


@dataclass(frozen=True)
class Node:
    """A value of the text and where it stands (line and column count from 1)."""

    value: Any
    line: int
    column: int
    source: str
    name: str = ""

    def refuse(self, message: str | Phrase, *, hint: str | Phrase = "", offset: int = 0) -> NoReturn:
        """Raise Located at this place, `offset` characters into the value."""
        shift = 0 if isinstance(self.value, FoldedScalarString | LiteralScalarString) else offset
        raise Fault(message, line=self.line, column=self.column + shift, source=self.source, hint=hint)

    def fields(self, *, required: tuple[str, ...], optional: tuple[str, ...] = ()) -> Mapping[str, Node]:
        """The entries of a mapping. Raises Located where one is missing or not known."""
        entries = dict(self.entries())
        known = (*required, *optional)
        for name, node in entries.items():
            if name not in known:
                node.refuse_name(say(_("'%(name)s' is not known here"), name=name), hint=_takes(known))
        for name in required:
            if name not in entries:
                self.refuse(say(_("'%(name)s' is missing"), name=name), hint=_takes(known))
        return entries

    def entries(self) -> Iterator[tuple[str, Node]]:
        """The entries of a mapping, in the order they are written."""
        if not isinstance(self.value, CommentedMap):
            self.refuse(say(_("%(what)s must be a list of `name: value` entries"), what=self.called))
        for name in self.value:
            value, (line, column) = self.value[name], self.value.lc.value(name)
            column += _before_text(value)
            yield str(name), _Entry(value, line + 1, column + 1, self.source, str(name), self.value.lc.key(name))

    def items(self) -> Iterator[Node]:
        """The items of a sequence."""
        if not isinstance(self.value, CommentedSeq):
            self.refuse(say(_("%(what)s must be a list of items"), what=self.called))
        for place, value in enumerate(self.value):
            line, column = self.value.lc.item(place)
            yield Node(value, line + 1, column + 1, self.source, self.name)

    def text(self) -> str:
        """The value as a text on one line. Raises Located where it is none."""
        if not isinstance(self.value, str) or not self.value.strip():
            self.refuse(say(_("%(what)s must be a text"), what=self.called))
        return self.value

    def choice(self, allowed: tuple[str, ...]) -> str:
        """The value, one of `allowed`."""
        if self.value not in allowed:
            self.refuse(
                say(_("'%(value)s' is not a %(name)s"), value=self.value, name=self.name or "value"),
                hint=say(_("choose %(names)s"), names=", ".join(allowed)),
            )
        return str(self.value)

    def days(self) -> int:
        """A whole number of days, at least 1."""
        if not isinstance(self.value, int) or isinstance(self.value, bool) or not 1 <= self.value <= 36_500:
            self.refuse(say(_("%(what)s must be a whole number of days, at least 1"), what=self.called))
        return int(self.value)

    def number(self) -> int | float:
        """A number."""
        if not isinstance(self.value, int | float) or isinstance(self.value, bool):
            self.refuse(say(_("%(what)s must be a number"), what=self.called))
        return self.value

    def languages(self) -> Mapping[str, str]:
        """A text in French and in English: `{fr: …, en: …}`."""
        return {language: node.text() for language, node in self.fields(required=("fr", "en")).items()}

    @property
    def called(self) -> str:
        """What errors call it."""
        return self.name or "YAML"

    def refuse_name(self, message: str | Phrase, *, hint: str | Phrase = "") -> NoReturn:
        """Raise Located at the name of this entry."""
        self.refuse(message, hint=hint)


@dataclass(frozen=True)
class _Entry(Node):
    key_place: tuple[int, int] = (0, 0)  # line and column from 0, as ruamel.yaml counts

    def refuse_name(self, message: str | Phrase, *, hint: str | Phrase = "") -> NoReturn:
        line, column = self.key_place
        raise Fault(message, line=line + 1, column=column + 1, source=self.source, hint=hint)


def read(text: str, source: str) -> Node:
    """The root of the YAML `text`. Raises Located where it is not YAML."""
    try:
        value = documents.load(text, source)
    except Located as error:
        told = (
            error.message
            if error.message in _YAML_SAYS
            else say(_("this is not YAML: %(reason)s"), reason=error.message)
        )
        raise Fault(told, line=error.line, column=error.column, source=source) from error
    return Node(value, 1, 1, source)


_YAML_SAYS = frozenset({
    _("mapping values are not allowed here"), _("could not find expected ':'"),
    _("expected <block end>, but found '?'"), _("expected <block end>, but found '<scalar>'"),
    _("expected <block end>, but found '<block mapping start>'"),
    _("expected <block end>, but found '<block sequence start>'"), _("found unexpected end of stream"),
    _("expected ',' or '}', but got '<scalar>'"), _("expected ',' or '}', but got '<stream end>'"),
    _("expected ',' or '}', but got ':'"), _("expected ',' or ']', but got '<stream end>'"),
    _("found character '\\t' that cannot start any token"), _("found character '%' that cannot start any token"),
    _("found character '`' that cannot start any token"), _("found character '@' that cannot start any token"),
})  # fmt: skip
"""What the YAML reader says of common slips."""


def _takes(names: Sequence[str]) -> Phrase:
    return say(_("it takes %(names)s"), names=", ".join(names))


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
