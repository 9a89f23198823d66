"""The typed tree of an expression: conditions that hold or do not, and values that are known or not."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from cordiale.segments.rules.language import Field, Kind, Measure
from cordiale.segments.rules.moments import Moment

Place = tuple[int, int]
"""Offsets in the text: of the first character, and after the last."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Node:
    """A part of the text, and where it stands there."""

    place: Place


# Values


@dataclass(frozen=True, kw_only=True, slots=True)
class FieldValue(Node):
    """What we know of the customer under a field."""

    field: Field

    @property
    def kind(self) -> Kind:
        """What the value is."""
        return self.field.kind


@dataclass(frozen=True, kw_only=True, slots=True)
class Declared(Node):
    """What the person told us under `key`."""

    key: str
    kind: Kind


@dataclass(frozen=True, kw_only=True, slots=True)
class Number(Node):
    """A number as written."""

    value: Decimal
    kind: Kind = Kind.NUMBER


@dataclass(frozen=True, kw_only=True, slots=True)
class Text(Node):
    """A text as written, quotes undone."""

    value: str
    kind: Kind = Kind.TEXT


@dataclass(frozen=True, kw_only=True, slots=True)
class Day(Node):
    """A day as written."""

    value: date
    kind: Kind = Kind.DATE


@dataclass(frozen=True, kw_only=True, slots=True)
class MomentValue(Node):
    """A moment that is not the customer’s own."""

    moment: Moment
    kind: Kind = Kind.INSTANT


@dataclass(frozen=True, kw_only=True, slots=True)
class Shifted(Node):
    """A customer's instant, `seconds` later (earlier where negative)."""

    value: Value
    seconds: int
    kind: Kind = Kind.INSTANT


@dataclass(frozen=True, kw_only=True, slots=True)
class Arithmetic(Node):
    """`sign` is one of + - * /. Computed in floating point; a division by zero is unknown."""

    sign: str
    left: Value
    right: Value
    kind: Kind


@dataclass(frozen=True, kw_only=True, slots=True)
class Negative(Node):
    """A number with its sign turned over."""

    value: Value
    kind: Kind


@dataclass(frozen=True, kw_only=True, slots=True)
class DaysSince(Node):
    """Whole days (24 hours) from an instant to now, the rest cut off; negative for an instant to come."""

    value: Value
    kind: Kind = Kind.INTEGER


@dataclass(frozen=True, kw_only=True, slots=True)
class RowTest:
    """A condition on one row of facts: its `column`, or the property `name` where `column` is empty.

    `sign` is = <> < <= > >= in like ilike; `options` are the values it is held against, one but for `in`. A row whose
    value is unknown does not pass, `negated` or not.
    """

    column: str
    name: str
    kind: Kind
    sign: str
    options: tuple[Decimal | str, ...]
    negated: bool = False


@dataclass(frozen=True, kw_only=True, slots=True)
class FactKey:
    """A fact function with its arguments. Equal keys are computed once for all segments.

    `filters` are (column, value) sorted by column, `tests` what else each row must pass; `since` opens the window,
    which always ends at now.
    """

    function: str
    measure: Measure
    since: Moment | None
    filters: tuple[tuple[str, str], ...]
    tests: tuple[RowTest, ...] = ()
    minimum: Decimal | None = None

    def __hash__(self) -> int:
        return hash((self.function, self.since, self.filters, self.tests, self.minimum))


@dataclass(frozen=True, kw_only=True, slots=True)
class Step:
    """One step of a sequence: something that happened, or, `negated`, that did not happen there."""

    key: FactKey
    negated: bool = False


@dataclass(frozen=True, kw_only=True, slots=True)
class SequenceKey:
    """Steps one after the other. The first is never negated.

    A step that happens comes later than the one that happened before it, at most `within` seconds; what is negated in
    between did not happen between the two (their own moments left out), what is negated at the end did not happen in
    the `within` seconds after the last, which are over (without `within`: up to now). All facts lie in the window that
    `since` opens.
    """

    steps: tuple[Step, ...]
    since: Moment | None
    within: int | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class Fact(Node):
    """A fact function called with its arguments."""

    key: FactKey

    @property
    def kind(self) -> Kind:
        """What the value is."""
        return self.key.measure.kind


@dataclass(frozen=True, kw_only=True, slots=True)
class Sequence(Node):
    """How often the steps were walked through: the moments of the last one that happened."""

    key: SequenceKey
    kind: Kind = Kind.INTEGER


Value = (
    FieldValue | Declared | Number | Text | Day | MomentValue | Shifted | Arithmetic | Negative | DaysSince | Fact
    | Sequence
)  # fmt: skip

# Conditions


@dataclass(frozen=True, kw_only=True, slots=True)
class Every(Node):
    """All parts hold (AND)."""

    parts: tuple[Condition, ...]


@dataclass(frozen=True, kw_only=True, slots=True)
class Some(Node):
    """At least one part holds (OR)."""

    parts: tuple[Condition, ...]


@dataclass(frozen=True, kw_only=True, slots=True)
class Not(Node):
    """The condition does not hold, be it false or unknown."""

    part: Condition


@dataclass(frozen=True, kw_only=True, slots=True)
class Always(Node):
    """`true` or `false`, for everyone."""

    holds: bool


@dataclass(frozen=True, kw_only=True, slots=True)
class Compare(Node):
    """`sign` is one of = <> < <= > >=. Not held where a side is unknown."""

    sign: str
    left: Value
    right: Value


@dataclass(frozen=True, kw_only=True, slots=True)
class Between(Node):
    """`low` ≤ value ≤ `high`; with `negated`, known and outside."""

    value: Value
    low: Value
    high: Value
    negated: bool


@dataclass(frozen=True, kw_only=True, slots=True)
class OneOf(Node):
    """The value is among the options; with `negated`, known and among none."""

    value: Value
    options: tuple[Number | Text, ...]
    negated: bool


@dataclass(frozen=True, kw_only=True, slots=True)
class Like(Node):
    """The text fits a pattern of % and _; with `negated`, known and does not."""

    value: Value
    pattern: str
    ignores_case: bool
    negated: bool


@dataclass(frozen=True, kw_only=True, slots=True)
class Unknown(Node):
    """`is null`; with `negated`, `is not null`."""

    value: Value
    negated: bool


@dataclass(frozen=True, kw_only=True, slots=True)
class Flag(Node):
    """A field that is true or false; unknown is false."""

    field: Field


@dataclass(frozen=True, kw_only=True, slots=True)
class Consented(Node):
    """The customer granted consent for the purpose through the channel."""

    purpose: str
    channel: str


@dataclass(frozen=True, kw_only=True, slots=True)
class Reachable(Node):
    """The customer may be contacted for the purpose through the channel now.

    There is an address, nobody opposed its use, the processing is not restricted, and consent is granted or, where the
    purpose needs none, not withdrawn.
    """

    purpose: str
    channel: str
    needs_consent: bool


@dataclass(frozen=True, kw_only=True, slots=True)
class InSegment(Node):
    """The other segment’s expression holds."""

    name: str


@dataclass(frozen=True, kw_only=True, slots=True)
class Listed(Node):
    """The customer is on the list that was loaded under that name."""

    name: str


@dataclass(frozen=True, kw_only=True, slots=True)
class Sampled(Node):
    """The customer is in the sample `name` of that share: `ids.share_of` is below it."""

    share: Decimal
    name: str

    @property
    def salt(self) -> str:
        """What the share is drawn with."""
        return f"sample:{self.name}"


Condition = (
    Every | Some | Not | Always | Compare | Between | OneOf | Like | Unknown | Flag | Consented | Reachable | InSegment
    | Listed | Sampled
)  # fmt: skip


@dataclass(frozen=True, kw_only=True)
class Expression:
    """A checked expression: its text as written and its tree."""

    text: str
    root: Condition

    def written(self, node: Node) -> str:
        """The words of one node, as written."""
        return self.text[slice(*node.place)]

    def line_and_column(self, node: Node) -> tuple[int, int]:
        """Where a node begins, counted from 1."""
        before = self.text[: node.place[0]]
        return before.count("\n") + 1, node.place[0] - before.rfind("\n")

    @property
    def references(self) -> tuple[str, ...]:
        """The segments it names, each once, in the order written."""
        return tuple(dict.fromkeys(node.name for node in walk(self.root) if isinstance(node, InSegment)))

    @property
    def needs_entry(self) -> bool:
        """Whether it only means something inside a scenario."""
        return any(moment.base == "entry" for moment in _moments(self.root))


def parts_of(node: Node) -> tuple[Node, ...]:  # noqa: PLR0911 - one return a shape
    """What a node is directly made of."""
    match node:
        case Every() | Some():
            return node.parts
        case Not():
            return (node.part,)
        case Compare() | Arithmetic():
            return (node.left, node.right)
        case Between():
            return (node.value, node.low, node.high)
        case OneOf():
            return (node.value, *node.options)
        case Like() | Unknown() | Shifted() | Negative() | DaysSince():
            return (node.value,)
    return ()


def walk(node: Node) -> Iterator[Node]:
    """`node` and everything in it, in the order written."""
    waiting = [node]
    while waiting:
        node = waiting.pop()
        yield node
        waiting.extend(reversed(parts_of(node)))


def _moments(root: Node) -> Iterator[Moment]:
    for node in walk(root):
        if isinstance(node, MomentValue):
            yield node.moment
        elif isinstance(node, Fact | Sequence) and node.key.since is not None:
            yield node.key.since
