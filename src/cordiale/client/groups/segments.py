"""The operations of `segments` and their shapes.

Written by `config.client_source` from the OpenAPI description; do not edit.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Literal

from cordiale.client.connection import Connection, Instant, Shape, part


class SegmentList(Shape, frozen=True, kw_only=True):
    """All segments by name, at most 1 000."""

    segments: list[SegmentOut]


class SegmentOut(Shape, frozen=True, kw_only=True):
    """A segment; `title` by language, `size` and `evaluated_at` null until it was evaluated."""

    name: str
    title: dict[str, str]
    expression: str
    revision: int
    size: int | None
    evaluated_at: Instant | None


class CountOut(Shape, frozen=True, kw_only=True):
    """For how many of all customers an expression holds, and the seconds that counting took."""

    matching: int
    of: int
    seconds: float


class Condition(Shape, frozen=True, kw_only=True):
    """An expression in the language of segments."""

    expression: str


class MemberList(Shape, frozen=True, kw_only=True):
    """One page of members, and how many there are."""

    total: int
    page: int
    members: list[MemberOut]


class MemberOut(Shape, frozen=True, kw_only=True):
    """A customer's number and reference."""

    id: int
    reference: str


class RuleOut(Shape, frozen=True, kw_only=True):
    """One condition (`rule`) or what joins some: whether it holds, and the values it looked at as they are
    written. `line` and `column` count from 1; `depth` is how deep it is nested.
    """

    text: str
    line: int
    column: int
    depth: int
    shape: Literal["every", "some", "not", "rule"]
    held: bool
    values: dict[str, str | int | float | bool | None]


class SegmentExplained(Shape, frozen=True, kw_only=True):
    """Whether the whole holds, and each rule, the whole first."""

    held: bool
    rules: list[RuleOut]


class Segments:
    """`client.segments`."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def list_segments(self) -> SegmentList:
        """All segments. Each with its expression and how many were in it when last evaluated."""
        return self._connection.call("GET", "/api/v1/segments", SegmentList, is_repeatable=True)

    def count(self, expression: str) -> CountOut:
        """Count whom an expression holds for. Nothing is saved. 422 with line and column for a wrong expression."""
        return self._connection.call(
            "POST", "/api/v1/segments/count", CountOut, body=Condition(expression=expression), is_repeatable=True
        )

    def members(self, name: str, *, page: int = 1, limit: int = 50) -> MemberList:
        """Who is in a segment. One page of members by customer number, evaluated now. 404 for an unknown segment."""
        return self._connection.call(
            "GET",
            f"/api/v1/segments/{part(name)}/members",
            MemberList,
            query={"page": page, "limit": limit},
            is_repeatable=True,
        )

    def every_member(self, name: str, *, limit: int = 50) -> Iterator[MemberOut]:
        """All that `members` answers, page after page."""
        page = 1
        while rows := self.members(name, page=page, limit=limit).members:
            yield from rows
            page += 1

    def explain(self, name: str, reference: str) -> SegmentExplained:
        """Why one customer is in a segment or not, rule by rule. Each rule with its place, whether it holds, and this
        customer's values.
        """
        return self._connection.call(
            "GET", f"/api/v1/segments/{part(name)}/explain/{part(reference)}", SegmentExplained, is_repeatable=True
        )
