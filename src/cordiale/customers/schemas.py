"""What the API says of customers."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

from ninja import Schema


class Origin(Schema):
    """Where a value comes from and when; `certainty` where it is below 1."""

    source: str
    at: datetime
    certainty: float = 1.0


class Profile(Schema):
    """The golden record. `sources` says of each field (`declared.<name>` of declared ones) where it comes from; the key
    `*` stands for all fields. `declared` has the company's own fields."""

    id: int
    reference: str
    first_name: str
    last_name: str
    email: str
    phone: str
    birth_on: date | None
    street: str
    postcode: str
    city: str
    country: str
    language: str
    timezone: str
    declared: dict[str, Any]
    sources: dict[str, Origin]
    created_at: datetime
    updated_at: datetime
    restricted_at: datetime | None


class FoundCustomer(Schema):
    """One customer of a list. `found_by`: what matched (`reference`, `card`, `email`, `phone`, `name`, `place`,
    `similar`, `similar_email`, `similar_phone`), null without a search."""

    id: int
    reference: str
    first_name: str
    last_name: str
    email: str
    phone: str
    postcode: str
    city: str
    country: str
    created_at: datetime
    updated_at: datetime
    found_by: str | None


class CustomerList(Schema):
    """A page of customers. `next_after` is what to pass as `after` for the next page, null at the end."""

    customers: list[FoundCustomer]
    next_after: int | None


class ToldValue(Schema):
    """One value as one source told it; null means that there is none."""

    value: Any
    source: str
    at: datetime
    received_at: datetime
    certainty: float
    standing: str
    is_kept: bool


class ValueHistory(Schema):
    """What was told of a field, the kept value first; `more` earlier ones are left out."""

    field: str
    told: list[ToldValue]
    more: int


class History(Schema):
    """Of every field that anybody spoke of."""

    id: int
    reference: str
    fields: list[ValueHistory]
