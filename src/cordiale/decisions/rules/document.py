"""YAML read with the place of every word, for files people write: the plan, the law's parameters, programmes.

Nothing is executed or expanded: tags, anchors and aliases are refused (an alias can make a few lines stand for
billions), so are tabs, duplicate keys, text that is not UTF-8, and files no person would write by hand.
"""

from __future__ import annotations

import difflib
import re
from collections.abc import Callable, Collection, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, TypeVar

from ruamel.yaml import YAML
from ruamel.yaml.error import MarkedYAMLError, YAMLError
from ruamel.yaml.events import AliasEvent, CollectionEndEvent, CollectionStartEvent, ScalarEvent
from ruamel.yaml.nodes import MappingNode, Node, ScalarNode, SequenceNode

from cordiale.errors import CordialeError, Located

T = TypeVar("T")
LARGEST = 64 * 1024
DEEPEST = 40
_CLOSE = 0.6
_SPACE = re.compile(r"(\s|\\\n)*")
_ESCAPED = re.compile(r"\\(x..|u.{4}|U.{8}|.)")
_CORE_TAGS = ("tag:yaml.org,2002:map", "tag:yaml.org,2002:seq", "tag:yaml.org,2002:str")
_KINDS = {MappingNode: "a mapping (key: value)", SequenceNode: "a list", ScalarNode: "a single value"}


@dataclass(frozen=True, kw_only=True)
class Place:
    """Where a word stands; line and column count from 1."""

    line: int
    column: int


def place_of(node: Node) -> Place:
    """Where the text of a node starts: after the quote, if it is quoted."""
    quoted = isinstance(node, ScalarNode) and node.style in ("'", '"')
    return Place(line=node.start_mark.line + 1, column=node.start_mark.column + 1 + quoted)


def _text_of(node: ScalarNode) -> str:
    """The text of a single value; ruamel leaves a mark where a folded block had its line breaks."""
    value = str(node.value)
    return (value.replace("\a", "") if node.style == ">" else value).strip()


def nearest(word: str, known: Collection[str]) -> str:
    """A hint: the known name closest to `word`, or all names when they are few, or nothing."""
    close = difflib.get_close_matches(word, list(known), n=1, cutoff=_CLOSE)
    if close:
        return f"did you mean '{close[0]}'?"
    return f"known: {', '.join(sorted(known))}" if 0 < len(known) <= 20 else ""


def read_text(path: Path) -> str:
    """The text of a file. Raises CordialeError when it cannot be read, Located when it is not UTF-8 or too long."""
    try:
        with path.open("rb") as file:
            content = file.read(LARGEST + 1)
    except OSError as error:
        raise CordialeError(f"cannot read {path}: {error.strerror}") from error
    if len(content) > LARGEST:
        raise Located(
            f"the file is longer than {LARGEST // 1024} KiB", line=1, column=1, source=str(path), hint="split it"
        )
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        before = content[: error.start]
        column = error.start - (before.rfind(b"\n") + 1) + 1
        raise Located(
            "this byte is not UTF-8", line=before.count(b"\n") + 1, column=column, source=str(path),
            hint="save the file as UTF-8",
        ) from error  # fmt: skip


@dataclass
class Document:
    """One text being read: errors are collected so that all of them can be shown."""

    text: str
    source: str
    errors: list[Located] = field(default_factory=list)

    def fail(self, where: Node | Place, message: str, hint: str = "") -> None:
        """Record an error at a node."""
        place = place_of(where) if isinstance(where, Node) else where
        error = Located(message, line=place.line, column=place.column, source=self.source, hint=hint)
        if str(error) not in {str(known) for known in self.errors}:
            self.errors.append(error)

    def raise_first(self) -> None:
        """Raise the error that stands first in the text, if there is one."""
        if self.errors:
            raise self.sorted_errors()[0]

    def sorted_errors(self) -> list[Located]:
        """All errors in the order of the text."""
        return sorted(self.errors, key=lambda error: (error.line, error.column))

    def root(self) -> Node | None:
        """The top node, or None (with an error recorded) when the text is not acceptable YAML."""
        if len(self.text.encode()) > LARGEST:
            self.fail(Place(line=1, column=1), f"the text is longer than {LARGEST // 1024} KiB", "split it")
            return None
        try:
            self._check_events()
            node = None if self.errors else YAML(typ="rt").compose(self.text)
        except MarkedYAMLError as error:
            self._fail_as_ruamel(error)
            return None
        except YAMLError as error:  # characters YAML does not allow
            self.fail(self._bad_character(), str(error).splitlines()[0], "delete this character")
            return None
        if node is None and not self.errors:
            self.fail(Place(line=1, column=1), "the file is empty")
        return node

    def _fail_as_ruamel(self, error: MarkedYAMLError) -> None:
        mark = error.problem_mark or error.context_mark
        place = Place(line=mark.line + 1, column=mark.column + 1) if mark else Place(line=1, column=1)
        problem = str(error.problem or error.context)
        hint = "indent with spaces, not tabs" if "\\t" in problem or "\t" in self._line(place.line) else ""
        self.fail(place, f"this is not YAML: {problem}", hint)

    def _bad_character(self) -> Place:
        for number, line in enumerate(self.text.splitlines(), start=1):
            for column, character in enumerate(line, start=1):
                if not character.isprintable() and character != "\t":
                    return Place(line=number, column=column)
        return Place(line=1, column=1)

    def _line(self, number: int) -> str:
        lines = self.text.splitlines()
        return lines[number - 1] if 0 < number <= len(lines) else ""

    def _check_events(self) -> None:
        depth = documents = 0
        for event in YAML(typ="rt").parse(self.text):
            place = Place(line=event.start_mark.line + 1, column=event.start_mark.column + 1)
            depth += isinstance(event, CollectionStartEvent) - isinstance(event, CollectionEndEvent)
            documents += type(event).__name__ == "DocumentStartEvent"
            if isinstance(event, AliasEvent) or getattr(event, "anchor", None):
                self.fail(place, "anchors and aliases (& and *) are not allowed", "write the value out")
            elif isinstance(event, CollectionStartEvent | ScalarEvent) and _is_tagged(event):
                self.fail(place, f"the tag {event.tag} is not allowed", "delete it")
            elif depth > DEEPEST:
                self.fail(place, f"this is nested more than {DEEPEST} deep")
            elif documents > 1:
                self.fail(place, "a second document starts here", "one file holds one document")
            if self.errors:
                return

    def items(self, node: Node, what: str) -> list[Node]:
        """The items of a list; an error and nothing where it is no list."""
        if isinstance(node, SequenceNode):
            return list(node.value)
        self.fail(node, f"{what} must be {_KINDS[SequenceNode]}, not {_kind(node)}", "write [a, b]")
        return []

    def mapping(
        self, node: Node, what: str, *, required: Collection[str] = (), optional: Collection[str] = ()
    ) -> dict[str, Node]:
        """Key → value node. Unknown, missing and duplicate keys are recorded; unknown ones are left out."""
        found = dict(self.pairs(node, what))
        known = (*required, *optional)
        meant = {self._refuse_key(node, key, what, known) for key in list(found) if known and key not in known}
        if isinstance(node, MappingNode):
            for key in required:
                if key not in found and key not in meant:
                    self.fail(node, f"'{key}' is missing in {what}")
        return {key: value for key, value in found.items() if not known or key in known}

    def _refuse_key(self, node: Node, key: str, what: str, known: Collection[str]) -> str:
        """Record an unknown key; which known one was probably meant, so that it is not called missing as well."""
        self.fail(self._key_node(node, key), f"'{key}' is not known in {what}", nearest(key, known))
        return next(iter(difflib.get_close_matches(key, list(known), n=1, cutoff=_CLOSE)), "")

    def pairs(self, node: Node, what: str) -> Iterator[tuple[str, Node]]:
        """Key and value nodes of a mapping, duplicates recorded and left out."""
        if not isinstance(node, MappingNode):
            self.fail(node, f"{what} must be {_KINDS[MappingNode]}, not {_kind(node)}")
            return
        seen: set[str] = set()
        for key, value in node.value:
            if not isinstance(key, ScalarNode):
                self.fail(key, f"a key of {what} must be a single word")
            elif key.value in seen:
                self.fail(key, f"'{key.value}' is written twice in {what}", "keep one of them")
            else:
                seen.add(key.value)
                yield key.value, value

    def word(self, node: Node, what: str) -> str:
        """The text of a single value; an error and "" where there is none."""
        if isinstance(node, ScalarNode) and not is_empty(node):
            return _text_of(node)
        self.fail(node, f"{what} is empty" if is_empty(node) else f"{what} must be a single value, not {_kind(node)}")
        return ""

    def place_within(self, node: ScalarNode, line: int, column: int) -> Place:
        """Where in the file a character of a single value stands; `line` and `column` are those in the value itself."""
        value = _text_of(node)
        offset = sum(len(one) + 1 for one in value.split("\n")[: line - 1]) + column - 1
        at = node.start_mark.index + (node.style in ("'", '"'))
        if node.style in ("|", ">"):
            at = self.text.index("\n", at)
        for character in value[:offset].split():
            at = self._after(at, character, node.style)
        at = self._skipped(at) if offset < len(value) else at
        before = self.text[:at]
        return Place(line=before.count("\n") + 1, column=at - before.rfind("\n"))

    def _after(self, at: int, word: str, style: str | None) -> int:
        """Where a word of a value ends that is written at `at`, or after the space there."""
        at = self._skipped(at)
        for character in word:
            escaped = _ESCAPED.match(self.text, at) if style == '"' else None
            at += len(escaped[0]) if escaped else 1 + (style == "'" and character == "'")
        return at

    def _skipped(self, at: int) -> int:
        return at + len(_SPACE.match(self.text, at)[0])  # type: ignore[index] # it matches nothing, too

    def choice(self, node: Node, what: str, known: Collection[str] | None) -> str:
        """One of the known words; any where None is given."""
        word = self.word(node, what)
        if word and known is not None and word not in known:
            self.fail(node, f"'{word}' is not a known {what}", nearest(word, known))
        return word

    def value(self, node: Node, what: str, read: Callable[[str], T]) -> T | None:
        """What `read` makes of the word; its CordialeError becomes an error here."""
        word = self.word(node, what)
        if not word:
            return None
        try:
            return read(word)
        except CordialeError as error:
            self.fail(node, f"{what}: {error}")
            return None

    def texts(self, node: Node, what: str, languages: Collection[str]) -> dict[str, str]:
        """`{fr: …, en: …}`: a text in each language."""
        return {key: self.word(value, f"{what} in '{key}'")
                for key, value in self.mapping(node, what, required=languages).items()}  # fmt: skip

    def _key_node(self, node: Node, key: str) -> Node:
        return next(word for word, _ in node.value if isinstance(word, ScalarNode) and word.value == key)


def is_empty(node: Node) -> bool:
    """Is nothing written there (`key:` or `key: ~`)?"""
    return isinstance(node, ScalarNode) and not node.style and node.value in ("", "~", "null")


def _kind(node: Node) -> str:
    return _KINDS.get(type(node), "this")


def _is_tagged(event: Any) -> bool:
    tag = str(event.tag) if event.tag else ""
    return bool(tag) and not (isinstance(event, ScalarEvent) and event.implicit[1]) and tag not in _CORE_TAGS
