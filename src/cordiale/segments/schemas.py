"""Shapes of what the API takes and answers."""

from __future__ import annotations

from datetime import date, datetime
from decimal import Decimal
from typing import Annotated, Any, Literal

from ninja import Field, Schema

MOST = 1_000
LONGEST = 10_000
Shown = str | int | float | bool | Decimal | datetime | date | None
Name = Annotated[str, Field(min_length=1, max_length=80)]
Text = Annotated[str, Field(min_length=1, max_length=LONGEST)]


class Condition(Schema):
    """An expression in the language of segments."""

    expression: Text


class TreeGiven(Schema):
    """An expression as text or, instead, as a tree of JSON (docs/segments-language.md)."""

    expression: Annotated[str, Field(max_length=LONGEST)] = ""
    tree: dict[str, Any] | None = None


class SegmentGiven(Schema):
    """What a segment is to be. `title` by language; it stays as it was where it is not given."""

    expression: Text
    title: dict[Literal["fr", "en"], Annotated[str, Field(max_length=120)]] | None = None


class SegmentOut(Schema):
    """A segment; `title` by language, `size` and `evaluated_at` null until it was evaluated. `is_static`: a list."""

    name: str
    title: dict[str, str]
    expression: str
    revision: int
    size: int | None
    evaluated_at: datetime | None
    is_static: bool


class SegmentList(Schema):
    """All segments by name, at most 1 000."""

    segments: list[SegmentOut]


class CountOut(Schema):
    """For how many of all customers an expression holds, and the seconds that counting took."""

    matching: int
    of: int
    seconds: float


class MemberOut(Schema):
    """A customer's number and reference."""

    id: int
    reference: str


class MemberList(Schema):
    """One page of members, and how many there are."""

    total: int
    page: int
    members: list[MemberOut]


class RuleOut(Schema):
    """One condition (`rule`) or what joins some: whether it holds, and the values it looked at as they are written.

    `line` and `column` count from 1; `depth` is how deep it is nested; `path` leads to it in the tree."""

    path: str
    text: str
    line: int
    column: int
    depth: int
    shape: Literal["every", "some", "not", "rule"]
    held: bool
    values: dict[str, Shown]


class SegmentExplained(Schema):
    """Whether the whole holds, and each rule, the whole first."""

    held: bool
    rules: list[RuleOut]


class RuleCounted(Schema):
    """One condition of a tree, and for how many customers it holds by itself."""

    path: str
    text: str
    shape: Literal["every", "some", "not", "rule"]
    matching: int


class ReachOut(Schema):
    """How many may be contacted for a purpose through a channel now."""

    purpose: str
    channel: str
    customers: int
    share: float | None


class CountsOut(Schema):
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


class ReachList(Schema):
    """By purpose and channel."""

    reach: list[ReachOut]


class SegmentDayOut(Schema):
    """How many were in a segment when a day ended, and how many came and went during it."""

    day: date
    size: int
    entered: int
    left: int


class SegmentHistoryOut(Schema):
    """A segment's size by day, oldest first."""

    name: str
    days: list[SegmentDayOut]


class MoveOut(Schema):
    """Somebody who came in (`entered`) or went out (`left`)."""

    customer_id: int
    kind: Literal["entered", "left"]
    at: datetime


class MoveList(Schema):
    """Changes in order of time; where there are 1 000, ask for the next page."""

    name: str
    page: int
    moves: list[MoveOut]


class IntersectionOut(Schema):
    """The people who are in exactly these segments."""

    names: list[str]
    customers: int


class OverlapOut(Schema):
    """Sizes by name, and every combination that anybody is in, largest first."""

    of: int
    sizes: dict[str, int]
    intersections: list[IntersectionOut]


class NotFoundOut(Schema):
    """A row nobody was found for."""

    row: int
    reason: str
    said: str


class ListLoadedOut(Schema):
    """What loading a file did; `missing` are the first 1 000 of the rows nobody was found for."""

    rows: int
    found: int
    added: int
    removed: int
    size: int
    not_found: int
    missing: list[NotFoundOut]


class ListGiven(Schema):
    """How a file changes a list: leave exactly its people, add them, or take them off."""

    how: Literal["replace", "add", "remove"] = "replace"


class WordChoice(Schema):
    """A value, and what it is called."""

    value: str
    title: str


class FieldWord(Schema):
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


class ColumnWord(Schema):
    """What rows of facts can be held against."""

    name: str
    title: str
    kind: str
    operators: list[str]
    choices: list[WordChoice]
    has_values: bool


class FunctionWord(Schema):
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


class CatalogueOut(Schema):
    """What there is to build with: fields and functions with their kinds, operators and values."""

    fields: list[FieldWord]
    functions: list[FunctionWord]
    purposes: list[WordChoice]
    channels: list[WordChoice]
    segments: list[WordChoice]
    lists: list[WordChoice]
