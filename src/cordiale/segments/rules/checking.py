"""From terms to a typed tree: every name is known, every comparison makes sense, or the exact word is refused."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from decimal import Decimal
from typing import NoReturn

from cordiale.segments.rules import calls
from cordiale.segments.rules.language import FUNCTIONS, MOMENTS, Kind, Vocabulary
from cordiale.segments.rules.moments import MAX_SECONDS, Moment, day_of, instant_of, seconds_of
from cordiale.segments.rules.problems import refuse, refuse_unknown
from cordiale.segments.rules.reading import Term, read
from cordiale.segments.rules.tree import (
    Always,
    Arithmetic,
    Between,
    Compare,
    Condition,
    Day,
    Declared,
    Every,
    Expression,
    Fact,
    FieldValue,
    Flag,
    Like,
    MomentValue,
    Negative,
    Not,
    Number,
    OneOf,
    Place,
    Sequence,
    Shifted,
    Some,
    Text,
    Unknown,
    Value,
    walk,
)

_SIGNS = frozenset({"=", "<>", "<", "<=", ">", ">="})
_CONDITIONS = frozenset({*_SIGNS, "and", "or", "not", "between", "in", "like", "ilike", "is null", "true", "false"})
_KIND_NAMES = {
    Kind.NUMBER: ("a number", "un nombre"), Kind.INTEGER: ("a number", "un nombre"),
    Kind.MONEY: ("an amount", "un montant"), Kind.SHARE: ("a share", "une part"), Kind.TEXT: ("a text", "un texte"),
    Kind.INSTANT: ("an instant", "un instant"), Kind.DATE: ("a day", "un jour"),
    Kind.BOOLEAN: ("a condition", "une condition"),
}  # fmt: skip


def parse(text: str, vocabulary: Vocabulary, *, in_scenario: bool = False) -> Expression:
    """The checked tree of `text`. Raises BadExpression (a Located) at the exact place of what is wrong.

    `in_scenario` allows `entry`, the moment a customer entered the programme.
    """
    root = Checker(text=text, vocabulary=vocabulary, in_scenario=in_scenario).condition(read(text))
    return Expression(text=text, root=root)


def kind_name(kind: Kind) -> tuple[str, str]:
    """A kind in words, in English and in French."""
    return _KIND_NAMES[kind]


@dataclass(frozen=True, kw_only=True)
class Checker:
    """Turns terms of one text into nodes."""

    text: str
    vocabulary: Vocabulary
    in_scenario: bool

    def condition(self, term: Term) -> Condition:
        """The condition a term states."""
        if term.kind in _SIGNS:
            return self._compare(term)
        rule = _CONDITION_RULES.get(term.kind)
        if rule is not None:
            return rule(self, term)
        if term.kind == "call" and term.value in calls.CONDITIONS:
            return calls.CONDITIONS[term.value](self, term)
        value = self.value(term)
        if isinstance(value, Sequence):
            once = Number(place=term.place, value=Decimal(1))
            return Compare(place=term.place, sign=">=", left=value, right=once)
        if not isinstance(value, FieldValue) or value.kind != Kind.BOOLEAN:
            hint, example = "write" if value.kind.is_numeric else "", f"{self.text[slice(*term.place)]} > 0"
            refuse(self.text, term.place, "condition_wanted", hint, kind=kind_name(value.kind), example=example)
        return Flag(place=term.place, field=value.field)

    def value(self, term: Term) -> Value:
        """The value a term names."""
        if term.kind in _CONDITIONS or (term.kind == "call" and term.value in calls.CONDITIONS):
            refuse(self.text, term.place, "value_wanted")
        if term.kind == "call":
            return self._call(term)
        rule = _VALUE_RULES.get(term.kind)
        if rule is None:
            code = "null_compared" if term.kind == "null" else "unexpected"
            hint, example = ("write", "is null") if term.kind == "null" else ("", "")
            refuse(self.text, term.place, code, hint, example=example, word=self.text[slice(*term.place)])
        return rule(self, term)

    # Conditions

    def _every(self, term: Term) -> Condition:
        return Every(place=term.place, parts=tuple(self.condition(part) for part in term.parts))

    def _some(self, term: Term) -> Condition:
        return Some(place=term.place, parts=tuple(self.condition(part) for part in term.parts))

    def _not(self, term: Term) -> Condition:
        return Not(place=term.place, part=self.condition(term.parts[0]))

    def _always(self, term: Term) -> Condition:
        return Always(place=term.place, holds=term.kind == "true")

    def _compare(self, term: Term) -> Condition:
        for part, other in zip(term.parts, reversed(term.parts), strict=True):
            if part.kind in ("true", "false"):
                self._refuse_truth(part, other)
        left, right = self._alike(self.value(term.parts[0]), self.value(term.parts[1]))
        if is_constant(left) and is_constant(right):
            refuse(self.text, term.place, "constants")
        self._check_sign(term.kind, left, right, term.place)
        self._check_choice(left, right)
        self._check_choice(right, left)
        return Compare(place=term.place, sign=term.kind, left=left, right=right)

    def _refuse_truth(self, truth: Term, other: Term) -> NoReturn:
        alone = self.text[slice(*other.place)]
        refuse(self.text, truth.place, "truth_compared", "write", example=f"{'not ' * (truth.kind == 'false')}{alone}")

    def _check_sign(self, sign: str, left: Value, right: Value, place: Place) -> None:
        if left.kind == Kind.TEXT and sign not in ("=", "<>"):
            refuse(
                self.text,
                place,
                "operator",
                "write",
                word=sign,
                kind=kind_name(Kind.TEXT),
                example="= <> in like ilike",
            )
        if left.kind == Kind.INSTANT and sign in ("=", "<>"):
            refuse(
                self.text,
                place,
                "operator",
                "write",
                word=sign,
                kind=kind_name(Kind.INSTANT),
                example="< <= > >= between",
            )

    def _between(self, term: Term) -> Condition:
        value = self.value(term.parts[0])
        value, low = self._alike(value, self.value(term.parts[1]))
        value, high = self._alike(value, self.value(term.parts[2]))
        if value.kind == Kind.TEXT:
            refuse(
                self.text,
                term.place,
                "operator",
                "write",
                word="between",
                kind=kind_name(Kind.TEXT),
                example="in ('…', '…')",
            )
        if is_constant(value) and is_constant(low) and is_constant(high):
            refuse(self.text, term.place, "constants")
        return Between(place=term.place, value=value, low=low, high=high, negated=term.negated)

    def _one_of(self, term: Term) -> Condition:
        value = self.value(term.parts[0])
        if value.kind not in (Kind.TEXT,) and not value.kind.is_numeric:
            refuse(self.text, term.place, "operator", word="in", kind=kind_name(value.kind))
        if is_constant(value):
            refuse(self.text, term.place, "constants")
        options = tuple(self._option(value, part) for part in term.parts[1].parts)
        if not options:
            refuse(self.text, term.parts[1].place, "list", "write", example="in ('fr', 'en')")
        return OneOf(place=term.place, value=value, options=options, negated=term.negated)

    def _option(self, value: Value, part: Term) -> Number | Text:
        option = self.value(part)
        if isinstance(option, Negative) and isinstance(option.value, Number):
            option = Number(place=option.place, value=-option.value.value)
        if not isinstance(option, Number | Text):
            refuse(self.text, part.place, "list", "write", example="in ('fr', 'en')")
        self._alike(value, option)
        self._check_choice(value, option)
        return option

    def _like(self, term: Term) -> Condition:
        value, pattern = self.value(term.parts[0]), self.value(term.parts[1])
        if value.kind != Kind.TEXT:
            refuse(self.text, term.place, "operator", word=term.kind, kind=kind_name(value.kind))
        if not isinstance(pattern, Text) or "\\" in pattern.value:
            refuse(self.text, term.parts[1].place, "pattern", "write", example="'69%'")
        if is_constant(value):
            refuse(self.text, term.place, "constants")
        return Like(place=term.place, value=value, pattern=pattern.value,
                    ignores_case=term.kind == "ilike", negated=term.negated)  # fmt: skip

    def _unknown(self, term: Term) -> Condition:
        value = self.value(term.parts[0])
        if is_constant(value):
            refuse(self.text, term.place, "constants")
        if value.kind == Kind.BOOLEAN:
            refuse(self.text, term.place, "operator", word="is null", kind=kind_name(Kind.BOOLEAN))
        return Unknown(place=term.place, value=value, negated=term.negated)

    # Values

    def _number(self, term: Term) -> Value:
        return Number(place=term.place, value=Decimal(term.value))

    def _text(self, term: Term) -> Value:
        return Text(place=term.place, value=term.value)

    def _name(self, term: Term) -> Value:
        if term.value == "now":
            return MomentValue(place=term.place, moment=Moment(base="now"))
        if term.value == "entry":
            if not self.in_scenario:
                refuse(self.text, term.place, "entry", "write", example="now - '30 days'")
            return MomentValue(place=term.place, moment=Moment(base="entry"))
        found = self.vocabulary.fields.get(term.value)
        if found is None:
            self._refuse_name(term)
        return FieldValue(place=term.place, field=found)

    def _refuse_name(self, term: Term) -> NoReturn:
        if term.value in FUNCTIONS:
            example = calls.EXAMPLES[term.value]
            refuse(self.text, term.place, "function_bare", "write", word=term.value, example=example)
        refuse_unknown(self.text, term.place, "unknown_field", term.value, {*self.vocabulary.fields, *MOMENTS})

    def _call(self, term: Term) -> Value:
        rule = calls.VALUES.get(term.value)
        if rule is None:
            self._refuse_call(term)
        return rule(self, term)

    def _refuse_call(self, term: Term) -> NoReturn:
        name = (term.start, term.start + len(term.value))
        if term.value in self.vocabulary.fields:
            refuse(self.text, name, "field_called", "write", word=term.value, example=term.value)
        refuse_unknown(self.text, name, "unknown_function", term.value, FUNCTIONS)

    def _negative(self, term: Term) -> Value:
        value = self.value(term.parts[0])
        if not value.kind.is_numeric:
            refuse(self.text, term.place, "arithmetic", word="-", kind=kind_name(value.kind))
        return Negative(place=term.place, value=value, kind=value.kind)

    def _arithmetic(self, term: Term) -> Value:
        left, right = self.value(term.parts[0]), self.value(term.parts[1])
        if left.kind == Kind.INSTANT:
            return self._shifted(term, left, right)
        for side in (left, right):
            if not side.kind.is_numeric:
                refuse(self.text, side.place, "arithmetic", word=term.kind, kind=kind_name(side.kind))
        return Arithmetic(
            place=term.place, sign=term.kind, left=left, right=right, kind=_result(term.kind, left.kind, right.kind)
        )

    def _shifted(self, term: Term, start: Value, length: Value) -> Value:
        if term.kind not in ("+", "-"):
            refuse(self.text, term.place, "arithmetic", word=term.kind, kind=kind_name(Kind.INSTANT))
        if not isinstance(length, Text):
            hint = (
                {"hint": "write", "example": "days_since(…)"} if length.kind == Kind.INSTANT else {"hint": "durations"}
            )
            refuse(self.text, length.place, "duration", word=self.text[slice(*length.place)], **hint)
        seconds = self.duration(length) * (1 if term.kind == "+" else -1)
        if isinstance(start, MomentValue):
            moment = Moment(base=start.moment.base, seconds=start.moment.seconds + seconds, fixed=start.moment.fixed)
            if abs(moment.seconds) > MAX_SECONDS:
                refuse(self.text, length.place, "too_far", "write", example="now - '30 days'")
            return MomentValue(place=term.place, moment=moment)
        return Shifted(place=term.place, value=start, seconds=seconds)

    def duration(self, text: Text) -> int:
        """The seconds a text says, or a refusal."""
        seconds = seconds_of(text.value)
        if seconds is None:
            refuse(self.text, text.place, "duration", "durations", word=text.value)
        return seconds

    @staticmethod
    def kind_name(kind: Kind) -> tuple[str, str]:
        """A kind in words, in English and in French."""
        return _KIND_NAMES[kind]

    def refuse_kinds(self, kind: Kind, other: Value) -> NoReturn:
        """What cannot be held against a value of that kind."""
        refuse(self.text, other.place, "kinds", left=kind_name(kind), right=kind_name(other.kind))

    # Both sides together

    def _alike(self, left: Value, right: Value) -> tuple[Value, Value]:
        """Both sides as one kind; a text beside an instant or a day is read as one. Refused where they do not match."""
        left, right = self._read_as(left, right.kind), self._read_as(right, left.kind)
        if left.kind.is_numeric and right.kind.is_numeric:
            self._check_share(left, right)
            self._check_share(right, left)
        elif left.kind != right.kind or left.kind == Kind.BOOLEAN:
            hint = "moments" if Kind.INSTANT in (left.kind, right.kind) else ""
            refuse(self.text, right.place, "kinds", hint, left=kind_name(left.kind), right=kind_name(right.kind))
        return left, right

    def _read_as(self, value: Value, kind: Kind) -> Value:
        if not isinstance(value, Text) or kind not in (Kind.INSTANT, Kind.DATE):
            return value
        if kind == Kind.DATE:
            day = day_of(value.value)
            if day is None:
                refuse(self.text, value.place, "day", "write", word=value.value, example="'2026-01-31'")
            return Day(place=value.place, value=day)
        instant = instant_of(value.value, self.vocabulary.zone)
        if instant is None:
            refuse(self.text, value.place, "moment", "moments", word=value.value)
        return MomentValue(place=value.place, moment=Moment(base="fixed", fixed=instant))

    def _check_share(self, value: Value, other: Value) -> None:
        if value.kind != Kind.SHARE:
            return
        if isinstance(other, Number) and other.value > 1:
            refuse(self.text, other.place, "share", "percent")
        if other.kind == Kind.MONEY:
            refuse(self.text, other.place, "kinds", left=kind_name(Kind.SHARE), right=kind_name(Kind.MONEY))

    def _check_choice(self, value: Value, option: Value) -> None:
        if not isinstance(value, FieldValue) or not isinstance(option, Text):
            return
        field = value.field
        if field.choices and option.value not in field.choices:
            refuse_unknown(self.text, option.place, "unknown_value", option.value, field.choices, field=field.name)


def is_constant(value: Value) -> bool:
    """Whether a value is the same for every customer."""
    return not any(isinstance(node, FieldValue | Declared | Fact | Sequence) or _is_entry(node) for node in walk(value))


def _is_entry(node: object) -> bool:
    return isinstance(node, MomentValue) and node.moment.base == "entry"


def _result(sign: str, left: Kind, right: Kind) -> Kind:
    if left == right == Kind.MONEY:
        return Kind.NUMBER if sign == "/" else Kind.MONEY
    if Kind.MONEY in (left, right):
        return Kind.MONEY
    return Kind.INTEGER if left == right == Kind.INTEGER and sign != "/" else Kind.NUMBER


_CONDITION_RULES: dict[str, Callable[[Checker, Term], Condition]] = {
    "and": Checker._every, "or": Checker._some, "not": Checker._not, "true": Checker._always, "false": Checker._always,
    "between": Checker._between, "in": Checker._one_of, "like": Checker._like, "ilike": Checker._like,
    "is null": Checker._unknown,
}  # fmt: skip
_VALUE_RULES: dict[str, Callable[[Checker, Term], Value]] = {
    "number": Checker._number, "text": Checker._text, "name": Checker._name, "negative": Checker._negative,
    "+": Checker._arithmetic, "-": Checker._arithmetic, "*": Checker._arithmetic, "/": Checker._arithmetic,
}  # fmt: skip
