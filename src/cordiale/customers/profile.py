"""A customer's profile as the page lists it: each value with its source and date."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from cordiale.customers import fields, rules
from cordiale.customers.fields import Field
from cordiale.customers.models import Customer
from cordiale.ui import formats

SYNTHETIC = "synthetic"


@dataclass(frozen=True)
class Value:
    """One value with where it came from (empty when unknown) and when."""

    label: str | Promise
    value: Any
    source: str
    at: datetime | None

    @property
    def is_day(self) -> bool:
        """Is it to be written as a day?"""
        return isinstance(self.value, date)

    @property
    def is_synthetic(self) -> bool:
        """Was it made up?"""
        return self.source == SYNTHETIC


def values(customer: Customer) -> list[Value]:
    """What is known of who and where: the reference, then the columns in the order of company/fields.yaml."""
    reference = Value(_("Reference"), customer.reference, "", None)
    shown = [one for one in fields.fields().values() if one.is_core and getattr(customer, one.name)]
    return [reference, *(_value(customer, one.name, one, getattr(customer, one.name)) for one in shown)]


def declared(customer: Customer) -> list[Value]:
    """What the customer told us; nothing means it was never asked or never answered."""
    known = fields.fields()
    return [
        _value(customer, f"declared.{name}", known.get(name), value)
        for name, value in sorted(customer.declared.items())
    ]


def label(name: str) -> str:
    """What a field is called in the page's language."""
    field = fields.fields().get(name)
    return formats.in_language(field.labels) if field else name.replace("_", " ")


def written(field: Field | None, value: Any) -> str:
    """A value as it is shown, empty for nothing; days of ISO text as days."""
    if value is None or value == "":
        return ""
    if field is None:
        return str(value)
    shown = _WRITTEN.get(field.type, _as_is)(field, value)
    return formats.day(shown) if isinstance(shown, date) else str(shown)


def as_json(customer: Customer) -> dict[str, Any]:
    """The profile for `customers show --json`."""
    names = ("id", "reference", *fields.CORE, "declared", "sources", "created_at", "updated_at",
             "restricted_at")  # fmt: skip
    return {name: getattr(customer, name) for name in names}


def _value(customer: Customer, name: str, field: Field | None, value: Any) -> Value:
    origin = customer.origin(name)
    shown = _WRITTEN.get(field.type, _as_is)(field, value) if field else value
    return Value(
        label(name.removeprefix("declared.")), shown, str(origin.get("source", "")), rules.moment(origin.get("at"))
    )


def _as_is(field: Field, value: Any) -> Any:
    return value


def _choice(field: Field, value: Any) -> str:
    return formats.in_language(field.options.get(str(value))) or str(value)


_WRITTEN: dict[str, Callable[[Field, Any], Any]] = {
    "country": lambda field, value: formats.country(value),
    "language": lambda field, value: formats.language_name(value),
    "boolean": lambda field, value: formats.yes_no(bool(value)),
    "choice": _choice,
    "date": lambda field, value: date.fromisoformat(value) if isinstance(value, str) else value,
}
