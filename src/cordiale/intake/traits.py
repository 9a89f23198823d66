"""What an identify or alias call says of a person, in the words of our own fields."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from cordiale.customers import fields, validation
from cordiale.identity.rules import canonical, is_nobodys
from cordiale.identity.rules.telling import Told
from cordiale.intake.calls import Call, person

STANDARD: Mapping[str, tuple[str, ...]] = {
    "first_name": ("firstName", "first_name", "firstname"),
    "last_name": ("lastName", "last_name", "lastname"),
    "email": ("email",),
    "phone": ("phone",),
    "birth_on": ("birthday", "birth_on"),
    "street": ("street",),
    "postcode": ("postalCode", "postal_code", "postcode", "zip"),
    "city": ("city",),
    "country": ("country",),
    "language": ("language",),
    "timezone": ("timezone",),
}
"""Our fields and what the specification and its clients call them; those of an address may lie under `address`."""
_STRONG = ("email", "phone")


def told(kind: str, call: Call, source: str, at: datetime) -> Told | None:
    """What to tell `identity`; None where the call says nothing of who somebody is.

    A value that is not valid is passed over here and stays in the event's properties.
    """
    identifiers: dict[str, str | None] = {"reference": person(call.user_id)}
    values: dict[str, Any] = {}
    if kind == "alias":
        identifiers["anonymous"] = person(call.previous_id)
    elif kind == "identify":
        identifiers["anonymous"] = person(call.anonymous_id)
        values, _problems = validation.sift(_said(call))
        values = {name: value for name, value in values.items() if value is not None}
        identifiers |= {name: values[name] for name in _STRONG if name in values}
    else:
        return None
    given = {name: value for name, value in identifiers.items() if value}
    if all(name == "anonymous" or is_nobodys(name, canonical(name, value)) for name, value in given.items()):
        return None
    return Told(identifiers=given, values=values, source=source, at=at)


def traits_of(call: Call) -> dict[str, Any]:
    """The traits of a call; mobile clients put them under `context`."""
    inner = (call.context or {}).get("traits")
    return (inner if isinstance(inner, dict) else {}) | (call.traits or {})


def _said(call: Call) -> dict[str, Any]:
    traits = traits_of(call)
    address = traits.get("address")
    places = traits | (address if isinstance(address, dict) else {})
    known = fields.fields()
    said = {name: traits[name] for name in known if name in traits and name not in STANDARD}
    for name, spellings in STANDARD.items():
        value = next((places[one] for one in spellings if places.get(one) not in (None, "")), None)
        if value is not None and name in known:
            said[name] = _day(value) if name == "birth_on" else value
    return said


def _day(value: Any) -> Any:
    """A birthday sent as an instant is the day it is written as."""
    return value[:10] if isinstance(value, str) and value[10:11] == "T" else value
