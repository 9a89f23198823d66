"""The record that is compared, made from a customer's columns. Written in Python here, in SQL for the whole base."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import Any

from cordiale.duplicates.rules import addresses, contacts, names
from cordiale.duplicates.rules.writing import Writing

_NOT_A_BIRTH = ("1900-01-01", "1901-01-01", "1111-11-11", "0001-01-01", "1899-12-30")
COLUMNS = (
    "first_name", "root", "initials", "last_name", "birth_on", "street", "house_number", "postcode", "city", "email",
    "loose_email", "local_part", "phone",
)  # fmt: skip
SOURCES = ("first_name", "last_name", "birth_on", "street", "postcode", "city", "email", "phone")
"""The columns of a customer that are read."""


def record(customer: Mapping[str, Any]) -> dict[str, str | None]:
    """The values that are compared, by COLUMNS; None says nothing."""
    first = names.first_name(customer["first_name"])
    street = addresses.street(customer["street"])
    return {
        "first_name": first,
        "root": names.root(first),
        "initials": names.initials(first),
        "last_name": names.last_name(customer["last_name"]),
        "birth_on": _birth(customer["birth_on"]),
        "street": street,
        "house_number": addresses.house_number(street),
        "postcode": addresses.postcode(customer["postcode"]),
        "city": addresses.city(customer["city"]),
        "email": contacts.email(customer["email"]),
        "loose_email": contacts.loose_email(customer["email"]),
        "local_part": contacts.local_part(customer["email"]),
        "phone": contacts.phone(customer["phone"]),
    }


def sql(table: str) -> str:
    """A SELECT of unique_id, COLUMNS and `is_new` over `table` (unique_id, SOURCES, is_new)."""
    sentinels = ", ".join(f"'{day}'" for day in _NOT_A_BIRTH)
    return f"""
        SELECT unique_id, first_name, {names.root_sql("first_name")} AS root,
            {names.initials_sql("first_name")} AS initials, last_name, birth_on, street,
            {addresses.HOUSE_NUMBER.sql("street")} AS house_number, postcode, city, email, loose_email,
            {Writing((("@.*$", ""),), False).sql("loose_email")} AS local_part, phone, is_new
        FROM (
            SELECT unique_id, {names.FIRST_NAME.sql("first_name")} AS first_name,
                {names.LAST_NAME.sql("last_name")} AS last_name,
                CASE WHEN birth_on::VARCHAR NOT IN ({sentinels}) THEN birth_on::VARCHAR END AS birth_on,
                {addresses.STREET.sql("street")} AS street, {addresses.POSTCODE.sql("postcode")} AS postcode,
                {addresses.CITY.sql("city")} AS city, {contacts.EMAIL.sql("email")} AS email,
                {contacts.LOOSE_EMAIL.sql("email")} AS loose_email, {contacts.PHONE.sql("phone")} AS phone, is_new
            FROM {table}
        )
    """


def _birth(day: date | None) -> str | None:
    text = day.isoformat() if day else None
    return None if text in _NOT_A_BIRTH else text
