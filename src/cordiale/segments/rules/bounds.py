"""Comparisons of a field with a constant, free of NULL.

DuckDB's AND and OR are twice as slow where a side may be NULL, and half of all traits are unknown for somebody. An
unknown value is therefore replaced, once a column, by a bound no constant reaches: below all of them for `> >= =
between in`, above all of them for `< <=`. The comparison is then false by itself, as it has to be.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, date, datetime
from typing import Literal

from sqlglot import exp

from cordiale.segments.rules.fragments import double, instant
from cordiale.segments.rules.language import Field, Kind
from cordiale.segments.rules.tree import (
    Between,
    Compare,
    Consented,
    Day,
    Every,
    Fact,
    FieldValue,
    Listed,
    MomentValue,
    Negative,
    Node,
    Not,
    Number,
    OneOf,
    Sampled,
    Sequence,
    Some,
    Text,
    Unknown,
    Value,
)

End = Literal["low", "high"]
_MIRRORED = {"=": "=", "<>": "<>", "<": ">", "<=": ">=", ">": "<", ">=": "<="}
_LARGEST = {Kind.INTEGER: 2_000_000_000, Kind.MONEY: 9_999_999_999, Kind.NUMBER: 10**15, Kind.SHARE: 10**15}
_NO_TEXT = "\x01"  # control characters are refused in expressions
_FIRST_YEAR, _LAST_YEAR = 1000, 9000


@dataclass(frozen=True, kw_only=True)
class Bounded:
    """`field sign constant`, and which end its unknown values are moved to; None: to the constant itself (`<>`)."""

    field: Field
    sign: str
    constant: Value
    end: End | None


def bounded(node: Compare) -> Bounded | None:
    """The comparison turned so that the field is on the left; None where it is of another form."""
    left, right, sign = node.left, node.right, node.sign
    if isinstance(right, FieldValue):
        left, right, sign = right, left, _MIRRORED[sign]
    if not isinstance(left, FieldValue) or not is_within(left.field.kind, right):
        return None
    end: End | None = None if sign == "<>" else "high" if sign.startswith("<") else "low"
    return Bounded(field=left.field, sign=sign, constant=right, end=end)


def field_of(node: Between | OneOf) -> Field | None:
    """The field whose low end makes the test free of NULL; None where there is none."""
    constants = (node.low, node.high) if isinstance(node, Between) else node.options
    if isinstance(node, Between) and node.negated:  # an unknown value would be outside
        return None
    if isinstance(node.value, FieldValue) and all(is_within(node.value.field.kind, one) for one in constants):
        return node.value.field
    return None


def is_within(kind: Kind, constant: Value) -> bool:
    """Is this a constant strictly between the ends of a field of that kind?"""
    match constant:
        case Negative(value=Number() as number):
            return kind in _LARGEST and number.value < _LARGEST[kind]
        case Number():
            return kind in _LARGEST and abs(constant.value) < _LARGEST[kind]
        case Text():
            return kind == Kind.TEXT
        case Day():
            return _FIRST_YEAR < constant.value.year < _LAST_YEAR
        case MomentValue():
            return constant.moment.base != "entry"
    return False


def end_sql(kind: Kind, end: End) -> exp.Expr:
    """The bound below (or above) every constant."""
    year = _FIRST_YEAR if end == "low" else _LAST_YEAR
    if kind == Kind.TEXT:
        return exp.Literal.string(_NO_TEXT)
    if kind == Kind.INSTANT:
        return instant(datetime(year, 1, 1, tzinfo=UTC)).copy()
    if kind == Kind.DATE:
        return exp.cast(exp.Literal.string(date(year, 1, 1).isoformat()), "date")
    number: exp.Expr = exp.Literal.number(_LARGEST[kind])
    number = exp.Neg(this=number) if end == "low" else number
    return double(number) if kind in (Kind.NUMBER, Kind.SHARE) else number


def is_certain(node: Node) -> bool:
    """Is the condition compiled to true or false, never NULL?"""
    match node:
        case Every() | Some():
            return all(is_certain(part) for part in node.parts)
        case Compare():
            return bounded(node) is not None or all(_is_known(one) for one in (node.left, node.right))
        case Between() | OneOf():
            return field_of(node) is not None or _is_known(node.value)
    return isinstance(node, Not | Unknown | Consented | Listed | Sampled)


def _is_known(value: Value) -> bool:
    return isinstance(value, Number | Sequence) or (isinstance(value, Fact) and value.key.measure.is_known)
