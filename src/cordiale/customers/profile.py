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
        _value(customer, f"declared.{name}", known.get(name), value, name.replace("_", " "))
        for name, value in sorted(customer.declared.items())
    ]


def as_json(customer: Customer) -> dict[str, Any]:
    """The profile for `customers show --json`."""
    names = ("id", "reference", *fields.CORE, "declared", "sources", "created_at")
    return {name: getattr(customer, name) for name in names}


def _value(customer: Customer, name: str, field: Field | None, value: Any, label: str = "") -> Value:
    origin = customer.origin(name)
    title = formats.in_language(field.labels) if field else label
    written = _WRITTEN.get(field.type, _as_is)(field, value) if field else value
    return Value(title, written, str(origin.get("source", "")), rules.moment(origin.get("at")))


def _as_is(field: Field, value: Any) -> Any:
    return value


def _choice(field: Field, value: Any) -> str:
    return formats.in_language(field.options.get(str(value))) or str(value)


_WRITTEN: dict[str, Callable[[Field, Any], Any]] = {
    "country": lambda field, value: formats.country(value),
    "language": lambda field, value: formats.language_name(value),
    "boolean": lambda field, value: formats.yes_no(bool(value)),
    "choice": _choice,
}
