"""Which fields a customer has: `company/fields.yaml` in the home. The company edits it; defaults come with us."""

from __future__ import annotations

import difflib
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from pathlib import Path
from typing import Any

from ruamel.yaml.comments import CommentedMap

from cordiale import documents, home
from cordiale.customers.survivorship import LATEST, Rule
from cordiale.errors import CordialeError, Located

TYPES = (
    "text", "email", "phone", "date", "integer", "number", "boolean", "choice", "country", "language", "postcode",
    "timezone",
)  # fmt: skip
CATEGORIES = ("signaletic", "declared", "marketing")
CORE = {
    "first_name": 80, "last_name": 80, "email": 254, "phone": 32, "birth_on": 0, "street": 120, "postcode": 16,
    "city": 80, "country": 2, "language": 5, "timezone": 64,
}  # fmt: skip
"""The fields that are columns of Customer, and how many characters each holds (0: not a text)."""
FOUND_BY = ("first_name", "last_name", "email", "phone")
RESERVED = ("id", "customer_id", "reference", "declared", "sources", "card", "anonymous", "at", "source", "standing")
LONGEST = 1_000
_LONGEST_BY_DEFAULT = 200
_FILE = "fields.yaml"
_DEFAULT = Path(__file__).parent / "data" / _FILE
_KEYS = ("type", "label", "category", "personal", "sensitive", "survivorship", "options", "max_length")
_HINT = "write for instance  shoe_size: {type: integer, label: {fr: Pointure, en: Shoe size}, category: declared}"


class UnknownField(CordialeError):
    """No field has that name."""


@dataclass(frozen=True, kw_only=True)
class Field:
    """One field. `options` are the codes of a choice with their titles by language; `max_length` counts characters."""

    name: str
    type: str
    labels: Mapping[str, str]
    category: str
    is_personal: bool = True
    is_sensitive: bool = False
    rule: Rule = LATEST
    options: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    max_length: int = _LONGEST_BY_DEFAULT

    @property
    def is_core(self) -> bool:
        """Is it a column of Customer? The others live in `Customer.declared`."""
        return self.name in CORE


def fields() -> Mapping[str, Field]:
    """All fields by name, in the order of the file. Read again when it changes. Raises Located where it is wrong."""
    path = home.current().company_file(_FILE, _DEFAULT)
    return _read(path, path.stat().st_mtime_ns)


def get_field(name: str) -> Field:
    """The field called `name`. Raises UnknownField with the nearest name."""
    known = fields()
    if name in known:
        return known[name]
    near = difflib.get_close_matches(name, known, 1)
    hint = f"did you mean '{near[0]}'?" if near else f"it takes {', '.join(known)}"
    raise UnknownField(f"'{name}' is no field of a customer; {hint} Fields are declared in company/{_FILE}.")


def rules() -> dict[str, Rule]:
    """The survivorship rule of each field."""
    return {one.name: one.rule for one in fields().values()}


def listed() -> list[Field]:
    """The fields that lists, exports of lists and searches may show: all but the sensitive ones."""
    return [one for one in fields().values() if not one.is_sensitive]


@lru_cache(maxsize=8)
def _read(path: Path, changed_at: int) -> Mapping[str, Field]:
    defaults = _parse(documents.load_file(_DEFAULT)) if path != _DEFAULT else {}
    known = _parse(documents.load_file(path))
    return {name: defaults[name] for name in CORE if name not in known} | known


def _parse(document: Any) -> dict[str, Field]:
    if not isinstance(document, CommentedMap):
        raise Located("a mapping of names to fields is needed", line=1, column=1, source=_FILE, hint=_HINT)
    return {str(name): _field(document, name) for name in document}


def _field(document: CommentedMap, name: Any) -> Field:
    body = document[name]
    if not isinstance(name, str) or not name.isidentifier() or name in RESERVED or len(name) > 60:
        raise _wrong(document, name, f"'{name}' cannot be the name of a field", "letters, digits and _, 60 at most")
    if not isinstance(body, CommentedMap):
        raise _wrong(document, name, f"'{name}' needs a type, a label and a category", _HINT)
    for key in body:
        if key not in _KEYS:
            raise _wrong(body, key, f"'{key}' is not known", f"a field takes {', '.join(_KEYS)}")
    kind = _one_of(body, "type", TYPES, document, name)
    if name in CORE and kind != _core_type(name):
        raise _wrong(body, "type", f"the type of '{name}' is {_core_type(name)} and cannot change", "keep it")
    if name in FOUND_BY and body.get("sensitive"):
        raise _wrong(body, "sensitive", f"'{name}' cannot be sensitive: customers are found by it", "leave it out")
    return Field(
        name=name,
        type=kind,
        labels=_titles(body, "label", document, name),
        category=_one_of(body, "category", CATEGORIES, document, name),
        is_personal=_flag(body, "personal", default=True),
        is_sensitive=_flag(body, "sensitive", default=False),
        rule=_rule(body),
        options=_options(body, kind, document, name),
        max_length=_max_length(body, name),
    )


def _core_type(name: str) -> str:
    named = {"email", "phone", "postcode", "country", "language", "timezone"}
    return name if name in named else "date" if name == "birth_on" else "text"


def _one_of(body: CommentedMap, key: str, allowed: tuple[str, ...], document: CommentedMap, name: str) -> str:
    if key not in body:
        raise _wrong(document, name, f"'{name}' has no {key}", f"it takes {', '.join(allowed)}")
    if body[key] not in allowed:
        raise _wrong(body, key, f"'{body[key]}' is no {key} of a field", f"it takes {', '.join(allowed)}")
    return str(body[key])


def _titles(body: CommentedMap, key: Any, document: CommentedMap, name: str) -> dict[str, str]:
    titles = body.get(key)
    if isinstance(titles, CommentedMap) and titles and all(isinstance(title, str) for title in titles.values()):
        return {str(language): title for language, title in titles.items()}
    holder, place = (body, key) if key in body else (document, name)
    raise _wrong(holder, place, f"'{name}' needs a label by language", _HINT)


def _flag(body: CommentedMap, key: str, *, default: bool) -> bool:
    if not isinstance(body.get(key, default), bool):
        raise _wrong(body, key, f"'{key}' is true or false", "write true or false")
    return bool(body.get(key, default))


def _rule(body: CommentedMap) -> Rule:
    given = body.get("survivorship", "latest")
    if isinstance(given, CommentedMap) and set(given) == {"sources"}:
        given = given["sources"]
    if given in ("latest", "most_certain", "first"):
        return Rule(str(given))
    if isinstance(given, list) and given and all(isinstance(one, str) for one in given):
        return Rule("sources", tuple(given))
    hint = "latest, most_certain, first, or a list of sources, the best first"
    raise _wrong(body, "survivorship", "no such survivorship", hint)


def _options(body: CommentedMap, kind: str, document: CommentedMap, name: str) -> dict[str, dict[str, str]]:
    options = body.get("options")
    if kind != "choice" and options is not None:
        raise _wrong(body, "options", "only a choice has options", "write type: choice")
    if kind != "choice":
        return {}
    if isinstance(options, list) and options and all(isinstance(one, str) for one in options):
        return {one: {} for one in options}
    if not isinstance(options, CommentedMap) or not options:
        holder, place = (body, "options") if "options" in body else (document, name)
        raise _wrong(holder, place, f"the choice '{name}' needs options", "options: {yes: {fr: Oui, en: Yes}}")
    return {str(code): _titles(options, code, body, name) for code in options}


def _max_length(body: CommentedMap, name: str) -> int:
    longest = CORE.get(name) or LONGEST
    given = body.get("max_length", CORE.get(name) or _LONGEST_BY_DEFAULT)
    if isinstance(given, bool) or not isinstance(given, int) or not 1 <= given <= longest:
        raise _wrong(body, "max_length", "max_length is a number of characters", f"1 to {longest}")
    return int(given)


def _wrong(document: CommentedMap, key: Any, message: str, hint: str) -> Located:
    line, column = document.lc.key(key)
    return Located(message, line=line + 1, column=column + 1, source=_FILE, hint=hint)
