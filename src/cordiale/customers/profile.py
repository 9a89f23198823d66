"""A customer's profile as the page lists it: each value with its source and date."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from cordiale.customers.models import Customer
from cordiale.ui import formats

LABELS: dict[str, str | Promise] = {
    "reference": _("Reference"),
    "email": _("Email address"),
    "phone": _("Phone"),
    "birth_on": _("Born on"),
    "street": _("Street"),
    "postcode": _("Postcode"),
    "city": _("City"),
    "country": _("Country"),
    "language": _("Language"),
    "timezone": _("Time zone"),
}
DECLARED: dict[str, str | Promise] = {
    "age_band": _("Age band"),
    "children": _("Children"),
    "home": _("Home"),
    "household": _("Household"),
    "household_size": _("Household size"),
    "income": _("Income"),
    "marital_status": _("Marital status"),
    "staff": _("Member of staff"),
}
"""What is often asked; another name shows as it is kept."""
SYNTHETIC = "synthetic"
_WRITTEN: dict[str, Callable[[Any], Any]] = {"country": formats.country, "language": formats.language_name}


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
    """What is known of who and where, in the order of LABELS."""
    return [
        _value(customer, name, label, _WRITTEN.get(name, _as_is)(getattr(customer, name)))
        for name, label in LABELS.items()
        if getattr(customer, name)
    ]


def declared(customer: Customer) -> list[Value]:
    """What the customer told us; nothing means it was never asked or never answered."""
    return [
        _value(customer, f"declared.{name}", DECLARED.get(name, name.replace("_", " ")), value)
        for name, value in sorted(customer.declared.items())
    ]


def as_json(customer: Customer) -> dict[str, Any]:
    """The profile for `customers show --json`."""
    fields = ("id", "reference", "first_name", "last_name", *list(LABELS)[1:], "declared", "sources", "created_at")
    return {name: getattr(customer, name) for name in fields}


def _value(customer: Customer, name: str, label: str | Promise, value: Any) -> Value:
    origin = customer.sources.get(name) or {}
    return Value(label, value, str(origin.get("source", "")), _moment(origin.get("at")))


def _as_is(value: Any) -> Any:
    return value


def _moment(text: Any) -> datetime | None:
    try:
        moment = datetime.fromisoformat(str(text))
    except ValueError:
        return None
    return moment if moment.tzinfo else None
