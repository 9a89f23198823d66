"""The fields of a customer as a page asks for them: what was typed, what is wrong with it, what others made of it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from cordiale.customers import fields, profile
from cordiale.customers.fields import Field
from cordiale.ui import formats

_TITLES: dict[str, str | Promise] = {
    "signaletic": _("Who and where"),
    "declared": _("Declared by the customer"),
    "marketing": _("For marketing"),
}
_INPUTS = {"email": "email", "phone": "tel", "date": "date"}


@dataclass(frozen=True)
class Box:
    """One field to fill in. `was` is its value when the page was made, `theirs` what somebody else made it since."""

    name: str
    label: str
    kind: str
    value: str
    was: str
    error: str
    theirs: str | None
    options: Sequence[tuple[str, str]]
    max_length: int


@dataclass(frozen=True)
class Group:
    """The fields of a category."""

    title: str
    boxes: list[Box]


def plain(value: Any) -> str:
    """A value as it stands in an input."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return "true" if value else "false"
    return value.isoformat() if isinstance(value, date) else str(value)


def changes(posted: Mapping[str, str]) -> dict[str, str]:
    """What the editor typed, by field, where it is not what stood there."""
    known = [name for name in fields.fields() if name in posted]
    return {name: posted[name].strip() for name in known if posted[name].strip() != posted.get(f"was_{name}", "")}


def groups(
    current: Mapping[str, Any],
    typed: Mapping[str, str] | None = None,
    errors: Mapping[str, str] | None = None,
    posted: Mapping[str, str] | None = None,
) -> list[Group]:
    """The form. `typed` wins over `current`; where the value changed since `posted` was made, both are shown."""
    made: dict[str, list[Box]] = {}
    for field in fields.fields().values():
        now = plain(current.get(field.name))
        typed_here = (typed or {}).get(field.name)
        before = (posted or {}).get(f"was_{field.name}", now)
        is_both = typed_here is not None and now not in (before, typed_here)
        made.setdefault(field.category, []).append(
            Box(
                name=field.name, label=formats.in_language(field.labels), kind=_kind(field),
                value=now if typed_here is None else typed_here, was=now, error=(errors or {}).get(field.name, ""),
                theirs=profile.written(field, current.get(field.name)) if is_both else None,
                options=_options(field), max_length=field.max_length,
            )
        )  # fmt: skip
    return [Group(str(_TITLES[name]), made[name]) for name in fields.CATEGORIES if name in made]


def _kind(field: Field) -> str:
    return "select" if field.type in ("choice", "boolean") else _INPUTS.get(field.type, "text")


def _options(field: Field) -> list[tuple[str, str]]:
    if field.type == "boolean":
        return [("true", formats.yes_no(True)), ("false", formats.yes_no(False))]
    return [(code, formats.in_language(titles) or code) for code, titles in field.options.items()]
