"""The operations of `relations` and their shapes.

Written by `config.client_source` from the OpenAPI description; do not edit.
"""

from __future__ import annotations

from typing import Literal

from cordiale.client.connection import Connection, Instant, Shape, part


class RelationList(Shape, frozen=True, kw_only=True):
    """The relations of one customer, those that stand first (at most 50), and everybody of the household."""

    household: list[int]
    relations: list[RelationOut]


class RelationOut(Shape, frozen=True, kw_only=True):
    """A relation; `until` is empty while it stands."""

    id: int
    kind: str
    one: int
    other: int
    since: Instant
    until: Instant | None
    source: str


class RelationIn(Shape, frozen=True, kw_only=True):
    """`one` is in the relation to `other`: references, or our numbers."""

    kind: Literal["household", "gave_to", "referred", "works_for", "parent_of", "other"]
    one: str
    other: str
    source: str = "api"


class Relations:
    """`client.relations`."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def list_relations(self, customer: str) -> RelationList:
        """Relations of a customer. `customer` is a reference or our number."""
        return self._connection.call(
            "GET", "/api/v1/relations", RelationList, query={"customer": customer}, is_repeatable=True
        )

    def relate(
        self,
        kind: Literal["household", "gave_to", "referred", "works_for", "parent_of", "other"],
        one: str,
        other: str,
        *,
        source: str = "api",
    ) -> RelationOut:
        """Say how two belong together. What stands already stays as it is."""
        return self._connection.call(
            "POST",
            "/api/v1/relations",
            RelationOut,
            body=RelationIn(kind=kind, one=one, other=other, source=source),
            is_repeatable=True,
        )

    def end(self, relation_id: int) -> RelationOut:
        """Say that it is over. It stays in the history."""
        return self._connection.call("POST", f"/api/v1/relations/{part(relation_id)}/end", RelationOut)
