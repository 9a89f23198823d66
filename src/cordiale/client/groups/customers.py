"""The operations of `customers` and their shapes.

Written by `config.client_source` from the OpenAPI description; do not edit.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from typing import Any, Literal

from msgspec import field

from cordiale.client.connection import Connection, Instant, Shape, part


class CustomerList(Shape, frozen=True, kw_only=True):
    """A page of customers. `next_after` is what to pass as `after` for the next page, null at the end."""

    customers: list[FoundCustomer]
    next_after: int | None


class FoundCustomer(Shape, frozen=True, kw_only=True):
    """One customer of a list. `found_by`: what matched (`reference`, `card`, `email`, `phone`, `name`, `place`,
    `similar`, `similar_email`, `similar_phone`), null without a search.
    """

    id: int
    reference: str
    first_name: str
    last_name: str
    email: str
    phone: str
    postcode: str
    city: str
    country: str
    created_at: Instant
    updated_at: Instant
    found_by: str | None


class ToldManyOut(Shape, frozen=True, kw_only=True):
    """One answer a row, in order. Rows with an error changed nothing; the others are kept."""

    taken: int
    refused: int
    customers: list[ToldOut]


class ToldOut(Shape, frozen=True, kw_only=True):
    """What became of one row: the customer it is about, or why it was not taken."""

    id: int | None
    error: str = ""


class Identifiers(Shape, frozen=True, kw_only=True):
    """What the person is recognised by, the strongest first; at least one."""

    reference: str | None = None
    card: str | None = None
    email: str | None = None
    phone: str | None = None
    anonymous: str | None = None


class ToldIn(Shape, frozen=True, kw_only=True):
    """What a source says of one person. `at` is when it was so (default: now); `values` are by field name."""

    identifiers: Identifiers
    values: dict[str, str | int | float | bool | date | None] = field(default_factory=dict)
    at: Instant | None = None
    certainty: float = 1.0
    standing: Literal["fill", "normal", "own"] = "normal"


class ToldMany(Shape, frozen=True, kw_only=True):
    """Up to 1 000 people told by one source."""

    source: str
    customers: list[ToldIn]


class Origin(Shape, frozen=True, kw_only=True):
    """Where a value comes from and when; `certainty` where it is below 1."""

    source: str
    at: Instant
    certainty: float = 1.0


class Profile(Shape, frozen=True, kw_only=True):
    """The golden record. `sources` says of each field (`declared.<name>` of declared ones) where it comes from;
    the key `*` stands for all fields. `declared` has the company's own fields.
    """

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
    created_at: Instant
    updated_at: Instant
    restricted_at: Instant | None


class WholeCustomer(Shape, frozen=True, kw_only=True):
    """The profile, and in `parts` what each other part of the product knows, under its own name (`consents`, …)."""

    profile: Profile
    parts: dict[str, Any]


class CorrectedOut(Shape, frozen=True, kw_only=True):
    """The fields that changed."""

    id: int
    changed: list[str]


class Corrected(Shape, frozen=True, kw_only=True):
    """The person's own word: counts before whatever sources say. An empty value says that there is none."""

    values: dict[str, str | int | float | bool | date | None]
    source: str = "correction"


class History(Shape, frozen=True, kw_only=True):
    """Of every field that anybody spoke of."""

    id: int
    reference: str
    fields: list[ValueHistory]


class ToldValue(Shape, frozen=True, kw_only=True):
    """One value as one source told it; null means that there is none."""

    value: Any
    source: str
    at: Instant
    received_at: Instant
    certainty: float
    standing: str
    is_kept: bool


class ValueHistory(Shape, frozen=True, kw_only=True):
    """What was told of a field, the kept value first; `more` earlier ones are left out."""

    field: str
    told: list[ToldValue]
    more: int


class MergeOut(Shape, frozen=True, kw_only=True):
    """A merge; `undone_at` once it was taken back."""

    id: int
    survivor: int
    merged: int
    at: Instant
    reason: str
    undone_at: Instant | None


class MergeIn(Shape, frozen=True, kw_only=True):
    """Who is the same person (a reference or our number), and why."""

    merged: str
    reason: str = ""


class Customers:
    """`client.customers`."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def list_customers(self, *, q: str = "", after: int = 0, limit: int = 50) -> CustomerList:
        """List or search customers. With `q`, the likeliest `limit` customers, best first, accents and slips
        forgiven; else all by number.
        """
        return self._connection.call(
            "GET", "/api/v1/customers", CustomerList, query={"q": q, "after": after, "limit": limit}, is_repeatable=True
        )

    def every_customer(self, *, q: str = "", limit: int = 50) -> Iterator[FoundCustomer]:
        """All that `list_customers` answers, page after page."""
        after: int | None = 0
        while after is not None:
            found = self.list_customers(q=q, after=after, limit=limit)
            yield from found.customers
            after = found.next_after

    def tell(self, source: str, customers: list[ToldIn]) -> ToldManyOut:
        """Tell about customers. Recognises each person or creates them. Good rows are kept beside bad ones."""
        return self._connection.call(
            "POST",
            "/api/v1/customers",
            ToldManyOut,
            body=ToldMany(source=source, customers=customers),
            is_repeatable=True,
        )

    def show(self, reference: str) -> WholeCustomer:
        """Profile, traits, consents. The profile with its sources, and what each part of the product knows. 404 for
        an unknown reference.
        """
        return self._connection.call("GET", f"/api/v1/customers/{part(reference)}", WholeCustomer, is_repeatable=True)

    def correct(
        self, reference: str, values: dict[str, str | int | float | bool | date | None], *, source: str = "correction"
    ) -> CorrectedOut:
        """Correct values. What the person says is right, by field name. 404 for an unknown reference."""
        return self._connection.call(
            "PATCH",
            f"/api/v1/customers/{part(reference)}",
            CorrectedOut,
            body=Corrected(values=values, source=source),
            is_repeatable=True,
        )

    def values(self, reference: str) -> History:
        """Where each value comes from. Every value every source told, the kept one first. 404 for an unknown
        reference.
        """
        return self._connection.call("GET", f"/api/v1/customers/{part(reference)}/values", History, is_repeatable=True)

    def merge(self, reference: str, merged: str, *, reason: str = "") -> MergeOut:
        """Merge two. Merge `merged` into the customer of the address; it can be undone."""
        return self._connection.call(
            "POST", f"/api/v1/customers/{part(reference)}/merge", MergeOut, body=MergeIn(merged=merged, reason=reason)
        )

    def unmerge(self, number: int) -> MergeOut:
        """Undo a merge. Take the merge of customer `number` (the merged one) back: both are as they were."""
        return self._connection.call("POST", f"/api/v1/customers/{part(number)}/unmerge", MergeOut)
