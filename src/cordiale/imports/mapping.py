"""What the columns of a file mean: the same object in the database, in a YAML file, and behind the form of the page.

kind: customers
key: reference                    # every row must have it; the strongest one given, where nothing is said
dates: day-first                  # or iso, month-first; guessed where the file tells
decimal: ","                      # or "."; guessed where the file tells
reading: {encoding: windows-1252, delimiter: ";"}     # only what is guessed wrong
basis: none                       # or {purpose: …, channel: …, source: …, obtained: …, wording: …}
columns:
  Réf: reference
  Prénom: {to: first_name, rule: fill}     # overwrite (default), fill (only where nothing is known), never
constants: {country: FR}
"""

from __future__ import annotations

import io
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from django.utils.translation import gettext as _
from ruamel.yaml import YAML
from ruamel.yaml.comments import CommentedMap

from cordiale import clock, documents
from cordiale.errors import CordialeError, Located
from cordiale.imports import formats, targets
from cordiale.imports.targets import IDENTIFIERS, Target

RULES = ("overwrite", "fill", "never")
_KEYS = ("kind", "key", "dates", "decimal", "zone", "reading", "basis", "columns", "constants")


@dataclass(frozen=True)
class Column:
    """Where a column goes, and what it may do to what is known. `never`: it finds the customer, nothing is written."""

    to: str
    rule: str = "overwrite"


@dataclass(frozen=True, kw_only=True)
class FileMapping:
    """What a file means. Empty formats are guessed; `basis` is None where nothing was said."""

    kind: str
    columns: Mapping[str, Column]
    constants: Mapping[str, str] = field(default_factory=dict)
    key: str = ""
    dates: str = ""
    decimal: str = ""
    zone: str = ""
    reading: Mapping[str, Any] = field(default_factory=dict)
    basis: Any = None

    def target(self, name: str) -> Target:
        """The target called `name` in this kind of file."""
        return targets.get_target(self.kind, name)

    @property
    def given(self) -> set[str]:
        """The targets that get a value, from a column or for all rows."""
        return {column.to for column in self.columns.values()} | set(self.constants)

    @property
    def identifier(self) -> str:
        """The identifier every row must have."""
        return self.key or next((one for one in IDENTIFIERS if one in self.given), "")

    def needs(self, *kinds: str) -> list[str]:
        """The columns whose target is of one of these types."""
        return [name for name, column in self.columns.items() if self.target(column.to).type in kinds]

    def with_formats(self, dates: str, decimal: str) -> FileMapping:
        """The same with formats where none were said."""
        return replace(self, dates=self.dates or dates, decimal=self.decimal or decimal)

    def as_json(self) -> dict[str, Any]:
        """Plain values, the shape of the YAML file; nothing that is empty."""
        columns = {
            name: column.to if column.rule == RULES[0] else {"to": column.to, "rule": column.rule}
            for name, column in self.columns.items()
        }
        values = {name: getattr(self, name) for name in _KEYS if name != "columns"} | {"columns": columns}
        return {name: values[name] for name in _KEYS if values[name] or (name == "basis" and values[name] is not None)}


def of_json(document: Mapping[str, Any], source: str = "mapping") -> FileMapping:
    """Read a mapping as the database, the API or `load_file` gives it. Raises Located where YAML is wrong."""
    wrong = _complaint(document, source)
    if not isinstance(document, Mapping):
        raise wrong(None, "a mapping of kind, columns … is needed")
    for key in document:
        if key not in _KEYS:
            raise wrong(key, f"'{key}' is not known; a mapping takes {', '.join(_KEYS)}")
    with _placed(wrong, "kind"):
        kind = targets.require_kind(str(document.get("kind", "")))
    columns = document.get("columns")
    if not isinstance(columns, Mapping) or not columns:
        raise wrong(
            "columns",
            _("no column is chosen: say what at least one of them means"),
        )
    mapping = FileMapping(
        kind=kind,
        columns={str(name): _column(kind, columns, name, source) for name in columns},
        constants=_constants(kind, document, source),
        key=str(document.get("key", "") or ""),
        dates=_one_of(document, "dates", formats.DATES, wrong),
        decimal=_one_of(document, "decimal", formats.DECIMALS, wrong),
        zone=str(document.get("zone", "") or ""),
        reading=dict(document.get("reading") or {}),
        basis=_plain(document.get("basis")),
    )
    _check(mapping, wrong)
    return mapping


def load_file(path: Path) -> FileMapping:
    """Read a YAML file. Raises Located where it is wrong."""
    return of_json(documents.load_file(path), path.name)


def load(text: str, source: str = "mapping.yaml") -> FileMapping:
    """Read YAML. Raises Located where it is wrong."""
    return of_json(documents.load(text, source), source)


def dump(mapping: FileMapping) -> str:
    """The mapping as a YAML file that `load` reads as the same mapping."""
    writer, text = YAML(), io.StringIO()
    writer.default_flow_style = False
    writer.allow_unicode = True
    writer.width = 10_000
    writer.dump(mapping.as_json(), text)
    return text.getvalue()


Complain = Callable[[Any, str], CordialeError]


def _check(mapping: FileMapping, wrong: Complain) -> None:
    seen: dict[str, str] = {}
    for name, column in mapping.columns.items():
        if column.to in seen:
            raise wrong(
                "columns",
                _("'%(one)s' and '%(other)s' both go to %(to)s; keep one")
                % {"one": seen[column.to], "other": name, "to": targets.names(mapping.kind, [column.to])},
            )
        if column.to in mapping.constants:
            raise wrong(
                "constants",
                _("%(to)s has a column and a constant; keep one") % {"to": targets.names(mapping.kind, [column.to])},
            )
        seen[column.to] = name
    if not mapping.identifier:
        raise wrong(
            "columns",
            _("no column says who a row is about; map one to %(identifiers)s")
            % {"identifiers": targets.names(mapping.kind, IDENTIFIERS)},
        )
    if mapping.key and (mapping.key not in IDENTIFIERS or mapping.key not in mapping.given):
        raise wrong(
            "key",
            _("the key '%(key)s' is none of the mapped ones among %(identifiers)s")
            % {"key": mapping.key, "identifiers": targets.names(mapping.kind, IDENTIFIERS)},
        )
    missing = [
        name for name, one in targets.targets(mapping.kind).items() if one.is_required and name not in mapping.given
    ]
    if missing:
        raise wrong(
            "columns",
            _("this kind of file needs %(missing)s; map a column or give a constant")
            % {"missing": targets.names(mapping.kind, missing)},
        )
    if mapping.zone:
        with _placed(wrong, "zone"):
            clock.zone(mapping.zone)


def _column(kind: str, columns: Mapping[str, Any], name: Any, source: str) -> Column:
    wrong = _complaint(columns, source)
    value = columns[name]
    if isinstance(value, Mapping):
        if set(value) - {"to", "rule"} or "to" not in value:
            raise wrong(name, f"'{name}' takes to and rule, e.g. {{to: first_name, rule: fill}}")
        column = Column(str(value["to"]), str(value.get("rule", RULES[0])))
    else:
        column = Column(str(value))
    if column.rule not in RULES:
        raise wrong(name, f"'{column.rule}' is no rule; it takes {', '.join(RULES)}")
    with _placed(wrong, name):
        targets.get_target(kind, column.to)
    return column


def _constants(kind: str, document: Mapping[str, Any], source: str) -> dict[str, str]:
    constants = document.get("constants") or {}
    wrong = _complaint(document, source)
    if not isinstance(constants, Mapping):
        raise wrong("constants", "constants are a mapping, e.g. {country: FR}")
    for name in constants:
        with _placed(wrong, "constants"):
            targets.get_target(kind, str(name))
    return {str(name): str(value) for name, value in constants.items()}


def _one_of(document: Mapping[str, Any], key: str, allowed: tuple[str, ...], wrong: Complain) -> str:
    value = str(document.get(key) or "")
    if value and value not in allowed:
        raise wrong(key, f"{key} is one of {' '.join(allowed)}")
    return value


def _plain(value: Any) -> Any:
    if isinstance(value, Mapping):
        return {str(key): _plain(one) for key, one in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(one) for one in value]
    return value if value is None or isinstance(value, str) else str(value)


def _complaint(document: Any, source: str) -> Complain:
    """Errors at the place of a key where the document is YAML, in words alone where it is JSON."""

    def wrong(key: Any, message: str) -> CordialeError:
        if not isinstance(document, CommentedMap):
            return CordialeError(message)
        line, column = document.lc.key(key) if key in document else (document.lc.line, document.lc.col)
        return Located(message, line=line + 1, column=column + 1, source=source)

    return wrong


class _placed:  # noqa: N801 - read as a word: `with _placed(wrong, "kind"):`
    """An error that knows no place is told at the place of a key."""

    def __init__(self, wrong: Complain, key: Any) -> None:
        self._wrong, self._key = wrong, key

    def __enter__(self) -> None:
        return None

    def __exit__(self, kind: object, error: BaseException | None, trace: object) -> None:
        if isinstance(error, CordialeError) and not isinstance(error, Located):
            raise self._wrong(self._key, str(error)) from error
