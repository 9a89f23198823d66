"""The operations of `quality` and their shapes.

Written by `config.client_source` from the OpenAPI description; do not edit.
"""

from __future__ import annotations

from datetime import date

from cordiale.client.connection import Connection, Shape


class BoardOut(Shape, frozen=True, kw_only=True):
    """The newest measured day."""

    day: date
    customers: int
    duplicates: int
    measures: list[MeasureOut]


class MeasureOut(Shape, frozen=True, kw_only=True):
    """How many customers a measure counts, out of how many it looks at."""

    name: str
    kind: str
    definition: str
    count: int
    among: int
    share: float | None


class ItemError(Shape, frozen=True, kw_only=True):
    """What was wrong with the item at a place (from 0)."""

    index: int
    reason: str


class MarkedOut(Shape, frozen=True, kw_only=True):
    """How many were new on the list, known already, or refused and why."""

    marked: int
    known: int
    errors: list[ItemError]


class InvalidContact(Shape, frozen=True, kw_only=True):
    """An address that does not work: itself, or the reference of the customer who has it."""

    channel: str
    address: str = ""
    customer: str = ""


class InvalidContacts(Shape, frozen=True, kw_only=True):
    """At most 1 000 at a time."""

    contacts: list[InvalidContact]


class Quality:
    """`client.quality`."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def board(self) -> BoardOut:
        """The quality board. 404 before the first measurement."""
        return self._connection.call("GET", "/api/v1/quality", BoardOut, is_repeatable=True)

    def invalid_contacts(self, contacts: list[InvalidContact]) -> MarkedOut:
        """Addresses that do not work. Nothing is sent to them any more. Good items are kept whatever the others are."""
        return self._connection.call(
            "POST",
            "/api/v1/quality/invalid-contacts",
            MarkedOut,
            body=InvalidContacts(contacts=contacts),
            is_repeatable=True,
        )
