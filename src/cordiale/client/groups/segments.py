"""The operations of `segments` and their shapes.

Written by `config.client_source` from the OpenAPI description; do not edit.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from typing import Any, Literal

from cordiale.client.connection import Connection, File, Instant, Shape, part


class SegmentList(Shape, frozen=True, kw_only=True):
    """All segments by name, at most 1 000."""

    segments: list[SegmentOut]


class SegmentOut(Shape, frozen=True, kw_only=True):
    """A segment; `title` by language, `size` and `evaluated_at` null until it was evaluated. `is_static`: a list."""

    name: str
    title: dict[str, str]
    expression: str
    revision: int
    size: int | None
    evaluated_at: Instant | None
    is_static: bool


class CountOut(Shape, frozen=True, kw_only=True):
    """For how many of all customers an expression holds, and the seconds that counting took."""

    matching: int
    of: int
    seconds: float


class Condition(Shape, frozen=True, kw_only=True):
    """An expression in the language of segments."""

    expression: str


class CountsOut(Shape, frozen=True, kw_only=True):
    """Everything a builder shows of a tree. `samples` are customers' numbers."""

    expression: str
    tree: dict[str, Any]
    sentence: dict[str, str]
    matching: int
    of: int
    share: float | None
    rules: list[RuleCounted]
    reach: list[ReachOut]
    samples: list[int]
    seconds: float


class ReachOut(Shape, frozen=True, kw_only=True):
    """How many may be contacted for a purpose through a channel now."""

    purpose: str
    channel: str
    customers: int
    share: float | None


class RuleCounted(Shape, frozen=True, kw_only=True):
    """One condition of a tree, and for how many customers it holds by itself."""

    path: str
    text: str
    shape: Literal["every", "some", "not", "rule"]
    matching: int


class TreeGiven(Shape, frozen=True, kw_only=True):
    """An expression as text or, instead, as a tree of JSON (docs/segments-language.md)."""

    expression: str = ""
    tree: dict[str, Any] | None = None


class CatalogueOut(Shape, frozen=True, kw_only=True):
    """What there is to build with: fields and functions with their kinds, operators and values."""

    fields: list[FieldWord]
    functions: list[FunctionWord]
    purposes: list[WordChoice]
    channels: list[WordChoice]
    segments: list[WordChoice]
    lists: list[WordChoice]


class ColumnWord(Shape, frozen=True, kw_only=True):
    """What rows of facts can be held against."""

    name: str
    title: str
    kind: str
    operators: list[str]
    choices: list[WordChoice]
    has_values: bool


class FieldWord(Shape, frozen=True, kw_only=True):
    """A field: `group` is profile, declared, trait or score; `choices` are all its values where they are few."""

    name: str
    title: str
    description: str
    kind: str
    group: str
    unit: str
    operators: list[str]
    choices: list[WordChoice]
    has_values: bool


class FunctionWord(Shape, frozen=True, kw_only=True):
    """A fact function, with its first argument (`subject`) and its columns."""

    name: str
    title: str
    kind: str
    example: str
    operators: list[str]
    subject: ColumnWord | None
    columns: list[ColumnWord]
    takes_minimum: bool
    takes_properties: bool
    takes_window: bool
    is_step: bool
    is_known: bool


class WordChoice(Shape, frozen=True, kw_only=True):
    """A value, and what it is called."""

    value: str
    title: str


class IntersectionOut(Shape, frozen=True, kw_only=True):
    """The people who are in exactly these segments."""

    names: list[str]
    customers: int


class OverlapOut(Shape, frozen=True, kw_only=True):
    """Sizes by name, and every combination that anybody is in, largest first."""

    of: int
    sizes: dict[str, int]
    intersections: list[IntersectionOut]


class SegmentGiven(Shape, frozen=True, kw_only=True):
    """What a segment is to be. `title` by language; it stays as it was where it is not given."""

    expression: str
    title: dict[str, str] | None = None


class MemberList(Shape, frozen=True, kw_only=True):
    """One page of members, and how many there are."""

    total: int
    page: int
    members: list[MemberOut]


class MemberOut(Shape, frozen=True, kw_only=True):
    """A customer's number and reference."""

    id: int
    reference: str


class SegmentDayOut(Shape, frozen=True, kw_only=True):
    """How many were in a segment when a day ended, and how many came and went during it."""

    day: date
    size: int
    entered: int
    left: int


class SegmentHistoryOut(Shape, frozen=True, kw_only=True):
    """A segment's size by day, oldest first."""

    name: str
    days: list[SegmentDayOut]


class MoveList(Shape, frozen=True, kw_only=True):
    """Changes in order of time; where there are 1 000, ask for the next page."""

    name: str
    page: int
    moves: list[MoveOut]


class MoveOut(Shape, frozen=True, kw_only=True):
    """Somebody who came in (`entered`) or went out (`left`)."""

    customer_id: int
    kind: Literal["entered", "left"]
    at: Instant


class ReachList(Shape, frozen=True, kw_only=True):
    """By purpose and channel."""

    reach: list[ReachOut]


class ListLoadedOut(Shape, frozen=True, kw_only=True):
    """What loading a file did; `missing` are the first 1 000 of the rows nobody was found for."""

    rows: int
    found: int
    added: int
    removed: int
    size: int
    not_found: int
    missing: list[NotFoundOut]


class NotFoundOut(Shape, frozen=True, kw_only=True):
    """A row nobody was found for."""

    row: int
    reason: str
    said: str


class RuleOut(Shape, frozen=True, kw_only=True):
    """One condition (`rule`) or what joins some: whether it holds, and the values it looked at as they are
    written. `line` and `column` count from 1; `depth` is how deep it is nested; `path` leads to it in the tree.
    """

    path: str
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

    def counts(self, *, expression: str = "", tree: dict[str, Any] | None = None) -> CountsOut:
        """Count a tree and each of its rules. Also whom one may contact, some people, the text, the tree and the
        sentence. 422 at the node or place.
        """
        return self._connection.call(
            "POST",
            "/api/v1/segments/counts",
            CountsOut,
            body=TreeGiven(expression=expression, tree=tree),
            is_repeatable=True,
        )

    def catalogue(self, *, language: Literal["fr", "en"] = "en") -> CatalogueOut:
        """What there is to build with. Fields and functions with kinds, operators and values; purposes, channels,
        segments.
        """
        return self._connection.call(
            "GET", "/api/v1/segments/catalogue", CatalogueOut, query={"language": language}, is_repeatable=True
        )

    def overlap(self, names: list[str]) -> OverlapOut:
        """How segments overlap. 2 to 8 segments, evaluated now in one pass. 404 for an unknown one."""
        return self._connection.call(
            "GET", "/api/v1/segments/overlap", OverlapOut, query={"names": names}, is_repeatable=True
        )

    def save(self, name: str, expression: str, *, title: dict[str, str] | None = None) -> SegmentOut:
        """Save a segment. Make it, or change it; its members follow at the next refresh. 422 with line and column."""
        return self._connection.call(
            "PUT", f"/api/v1/segments/{part(name)}", SegmentOut, body=SegmentGiven(expression=expression, title=title)
        )

    def remove(self, name: str) -> None:
        """Delete a segment. With its history. 422 while something uses it."""
        return self._connection.call("DELETE", f"/api/v1/segments/{part(name)}", type(None))

    def members(self, name: str, *, page: int = 1, limit: int = 50, on: date | None = None) -> MemberList:
        """Who is in a segment. One page of members by customer number, evaluated now; with `on`, who was in it when
        that day ended.
        """
        return self._connection.call(
            "GET",
            f"/api/v1/segments/{part(name)}/members",
            MemberList,
            query={"page": page, "limit": limit, "on": on},
            is_repeatable=True,
        )

    def every_member(self, name: str, *, limit: int = 50, on: date | None = None) -> Iterator[MemberOut]:
        """All that `members` answers, page after page."""
        page = 1
        while rows := self.members(name, page=page, limit=limit, on=on).members:
            yield from rows
            page += 1

    def history(self, name: str, *, start: date | None = None, end: date | None = None) -> SegmentHistoryOut:
        """A segment's size by day. The last 90 days, or those asked for."""
        return self._connection.call(
            "GET",
            f"/api/v1/segments/{part(name)}/history",
            SegmentHistoryOut,
            query={"start": start, "end": end},
            is_repeatable=True,
        )

    def moves(self, name: str, since: Instant, *, page: int = 1) -> MoveList:
        """Who came and went. Entries and exits after `since` (with an offset), in order of time, 1 000 a page."""
        return self._connection.call(
            "GET",
            f"/api/v1/segments/{part(name)}/moves",
            MoveList,
            query={"since": since, "page": page},
            is_repeatable=True,
        )

    def every_move(self, name: str, since: Instant) -> Iterator[MoveOut]:
        """All that `moves` answers, page after page."""
        page = 1
        while rows := self.moves(name, since, page=page).moves:
            yield from rows
            page += 1

    def reach(self, name: str) -> ReachList:
        """Whom one may contact. Members who may be contacted now: consent, an address, no opposition."""
        return self._connection.call("GET", f"/api/v1/segments/{part(name)}/reach", ReachList, is_repeatable=True)

    def load(self, name: str, file: File, *, how: Literal["replace", "add", "remove"] = "replace") -> ListLoadedOut:
        """Load a list. People of a CSV or Excel file (reference, card, email, phone or id) onto a list, made where
        there is none.
        """
        return self._connection.call(
            "POST", f"/api/v1/segments/{part(name)}/list", ListLoadedOut, form={"how": how}, files={"file": file}
        )

    def explain(self, name: str, reference: str) -> SegmentExplained:
        """Why one customer is in a segment or not, rule by rule. Each rule with its place, whether it holds, and this
        customer's values.
        """
        return self._connection.call(
            "GET", f"/api/v1/segments/{part(name)}/explain/{part(reference)}", SegmentExplained, is_repeatable=True
        )
