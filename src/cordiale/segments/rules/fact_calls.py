"""Fact functions and sequences of them: their arguments, their windows, and conditions on their rows."""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING, NoReturn

from cordiale.segments.rules.language import CHOICES, MAX_STEPS, MEASURES, MESSAGE_KIND, STEPS, Kind, Measure
from cordiale.segments.rules.moments import Moment, instant_of
from cordiale.segments.rules.problems import refuse, refuse_unknown
from cordiale.segments.rules.reading import Term
from cordiale.segments.rules.tree import (
    Fact,
    FactKey,
    MomentValue,
    Negative,
    Number,
    RowTest,
    Sequence,
    SequenceKey,
    Step,
    Text,
    Value,
)

if TYPE_CHECKING:
    from cordiale.segments.rules.checking import Checker

EXAMPLES = {
    "orders": "orders(last => '90 days')", "spend": "spend(last => '90 days')", "units": "units(last => '90 days')",
    "events": "events('Cart Updated', last => '7 days')", "messages": "messages(last => '30 days')",
    "answers": "answers('nps', last => '90 days')", "last_answer": "last_answer('nps')",
    "cases": "cases(state => 'open')", "relations": "relations('household')",
    "entries": "entries('dormant', last => '7 days')", "exits": "exits('dormant', last => '7 days')",
    "sequence": "sequence(events('Cart Updated'), not orders(), within => '3 days')",
    "property": "events('Cart Updated', property('total') > 50)",
}  # fmt: skip
MAX_KEY = 60
_MIRRORED = {"=": "=", "<>": "<>", "<": ">", "<=": ">=", ">": "<", ">=": "<="}
_TESTS = frozenset({*_MIRRORED, "in", "like", "ilike", "between"})
_IMPLIED = {"messages": ("kind", MESSAGE_KIND), "entries": ("kind", "entered"), "exits": ("kind", "left")}
"""Which rows a function counts where nothing is said about that column."""


def is_implied(key: FactKey, column: str, value: str) -> bool:
    """Does the function look for that value of the column without being told?"""
    return _IMPLIED.get(key.function) == (column, value) and all(test.column != column for test in key.tests)


def fact(checker: Checker, term: Term) -> Value:
    """A fact function, called."""
    measure = MEASURES[term.value]
    subject = _subject(checker, term, measure)
    named = _named(checker, term, {"last", "since", *measure.filters, *(("minimum",) if measure.has_minimum else ())})
    filters: dict[str, str] = {}
    for name, argument in named.items():
        if name in measure.filters:
            given, column = _text_of(checker, argument), measure.filters[name]
            _check_choice(checker, measure, column, given)
            filters[column] = given.value
    if subject is not None:
        filters[measure.subject] = subject.value
    tests = [one for part in _bare(term, measure) for one in _row_tests(checker, part, term.value, measure)]
    column, value = _IMPLIED.get(term.value, ("", ""))
    if column and all(test.column != column for test in tests):
        filters.setdefault(column, value)
    minimum = _amount_of(checker, named["minimum"]) if "minimum" in named else None
    key = FactKey(function=term.value, measure=measure, since=_window(checker, named), minimum=minimum,
                  filters=tuple(sorted(filters.items())), tests=tuple(tests))  # fmt: skip
    return Fact(place=term.place, key=key)


def sequence(checker: Checker, term: Term) -> Value:
    """`sequence(step, [not] step, …, within => …, last => …)`."""
    named = _named(checker, term, {"last", "since", "within"})
    steps = tuple(_step(checker, part) for part in term.parts if part.kind != "argument")
    if not 2 <= len(steps) <= MAX_STEPS:
        refuse(checker.text, term.place, "steps", "write", limit=MAX_STEPS, example=EXAMPLES["sequence"])
    if steps[0].negated:
        refuse(checker.text, term.parts[0].place, "first_step", "write", example=EXAMPLES["sequence"])
    within = _length(checker, named["within"]) if "within" in named else None
    return Sequence(place=term.place, key=SequenceKey(steps=steps, since=_window(checker, named), within=within))


def _step(checker: Checker, term: Term) -> Step:
    inner = term.parts[0] if term.kind == "not" else term
    if inner.kind != "call" or inner.value not in STEPS:
        refuse(checker.text, inner.place, "step", "write", example=EXAMPLES["sequence"])
    found = fact(checker, inner)
    if not isinstance(found, Fact) or found.key.since is not None or found.key.minimum is not None:
        refuse(checker.text, inner.place, "step_window", "write", example=EXAMPLES["sequence"])
    return Step(key=found.key, negated=term.kind == "not")


# Arguments


def _subject(checker: Checker, term: Term, measure: Measure) -> Text | None:
    """The unnamed first argument, where the measure has one."""
    if not measure.subject:
        return None
    if not term.parts or term.parts[0].kind == "argument":
        refuse(checker.text, term.place, "argument_count", "write", function=term.value,
               wanted=("one value", "une valeur"), example=EXAMPLES[term.value])  # fmt: skip
    first = term.parts[0]
    name = checker.value(first) if first.kind not in _TESTS else None
    if not isinstance(name, Text):
        refuse(checker.text, first.place, "argument_text", "write", word=measure.subject, example=EXAMPLES[term.value])
    _check_choice(checker, measure, measure.subject, name)
    if measure.subject == "segment" and name.value not in checker.vocabulary.segments:
        refuse_unknown(checker.text, name.place, "unknown_segment", name.value, checker.vocabulary.segments)
    return name


def _bare(term: Term, measure: Measure) -> list[Term]:
    """The unnamed arguments but the subject."""
    return [part for part in term.parts if part.kind != "argument"][1 if measure.subject else 0 :]


def _check_choice(checker: Checker, measure: Measure, column: str, option: Text) -> None:
    choices = CHOICES.get((measure.table, column))
    if choices and option.value not in choices:
        refuse_unknown(checker.text, option.place, "unknown_value", option.value, choices, field=column)


def _named(checker: Checker, term: Term, known: set[str]) -> dict[str, Term]:
    named: dict[str, Term] = {}
    for part in term.parts:
        if part.kind != "argument":
            continue
        place = (part.start, part.start + len(part.value))
        if part.value not in known:
            refuse_unknown(checker.text, place, "unknown_argument", part.value, known, function=term.value)
        if part.value in named:
            refuse(checker.text, place, "argument_twice", word=part.value)
        named[part.value] = part
    if "last" in named and "since" in named:
        later = max(named["last"], named["since"], key=lambda part: part.start)
        refuse(checker.text, (later.start, later.start + len(later.value)), "both_windows")
    return named


def _window(checker: Checker, named: dict[str, Term]) -> Moment | None:
    if "last" in named:
        return Moment(base="now", seconds=-_length(checker, named["last"]))
    if "since" not in named:
        return None
    given = named["since"].parts[0]
    start = checker.value(given)
    if isinstance(start, Text):
        instant = instant_of(start.value, checker.vocabulary.zone)
        if instant is None:
            refuse(checker.text, start.place, "moment", "moments", word=start.value)
        return Moment(base="fixed", fixed=instant)
    if not isinstance(start, MomentValue):
        refuse(checker.text, given.place, "argument_moment", "moments", word="since")
    return start.moment


def _length(checker: Checker, argument: Term) -> int:
    length = checker.value(argument.parts[0])
    if not isinstance(length, Text):
        refuse(checker.text, argument.parts[0].place, "argument_duration", "durations", word=argument.value)
    return checker.duration(length)


def _text_of(checker: Checker, argument: Term) -> Text:
    value = checker.value(argument.parts[0])
    if not isinstance(value, Text):
        refuse(checker.text, argument.parts[0].place, "argument_text", "single_quotes", word=argument.value)
    return value


def _amount_of(checker: Checker, argument: Term) -> Decimal:
    value = checker.value(argument.parts[0])
    if not isinstance(value, Number):
        refuse(checker.text, argument.parts[0].place, "argument_amount", "numbers", word=argument.value)
    return value.value


# Conditions on a row


def _row_tests(checker: Checker, term: Term, function: str, measure: Measure) -> list[RowTest]:
    """What a condition between the parentheses asks of each row; two tests for `between`."""
    if term.kind not in _TESTS:
        refuse(checker.text, term.place, "argument_named", "write", function=function, example=EXAMPLES[function])
    left, *others = term.parts
    sign = term.kind
    if sign in _MIRRORED and left.kind in ("number", "text", "negative"):
        left, others, sign = others[0], [left], _MIRRORED[sign]
    column, name, kind = _column(checker, left, function, measure)
    if sign == "in":
        options = [_option(checker, part) for part in others[0].parts]
        if not options:
            refuse(checker.text, others[0].place, "list", "write", example="in ('a', 'b')")
    else:
        options = [_option(checker, part) for part in others]
    kind = kind or (Kind.TEXT if isinstance(options[0], Text) else Kind.NUMBER)
    for option in options:
        _check_option(checker, measure, column, kind, option)
    _check_sign(checker, term, sign, kind)
    if sign in ("like", "ilike") and "\\" in str(options[0].value):
        refuse(checker.text, options[0].place, "pattern", "write", example="'69%'")
    values = tuple(option.value for option in options)
    if sign == "between":
        if term.negated:
            refuse(checker.text, term.place, "row_between", "write", example="amount >= 10, amount <= 20")
        return [RowTest(column=column, name=name, kind=kind, sign=one, options=(value,))
                for one, value in zip((">=", "<="), values, strict=True)]  # fmt: skip
    negated = term.negated or sign == "<>"
    return [RowTest(column=column, name=name, kind=kind, sign="=" if sign == "<>" else sign, options=values,
                    negated=negated)]  # fmt: skip


def _column(checker: Checker, term: Term, function: str, measure: Measure) -> tuple[str, str, Kind | None]:
    """The column a term names, the property (empty for none), and the kind (None: as what it is held against)."""
    if term.kind == "call" and term.value == "property":
        return "", _property(checker, term, function, measure), None
    if term.kind != "name":
        refuse(checker.text, term.place, "argument_named", "write", function=function, example=EXAMPLES[function])
    found = measure.column(term.value)
    if found is None:
        known = {*measure.filters, *measure.numbers}
        refuse_unknown(checker.text, term.place, "unknown_column", term.value, known, function=function)
    return found[0], "", found[1]


def _property(checker: Checker, term: Term, function: str, measure: Measure) -> str:
    if not measure.has_properties:
        refuse(checker.text, term.place, "property", "write", function=function, example=EXAMPLES["property"])
    parts = [checker.value(part) for part in term.parts if part.kind == "text"]
    if len(term.parts) != 1 or not parts or not isinstance(parts[0], Text):
        refuse(checker.text, term.place, "argument_text", "write", word="property", example=EXAMPLES["property"])
    name = parts[0].value
    if not 0 < len(name) <= MAX_KEY or not all(letter.isalnum() or letter in " _-" for letter in name):
        refuse(checker.text, parts[0].place, "property_name", "write", word=name, example="property('total')")
    return name


def _option(checker: Checker, part: Term) -> Number | Text:
    option = checker.value(part)
    if isinstance(option, Negative) and isinstance(option.value, Number):
        option = Number(place=option.place, value=-option.value.value)
    if not isinstance(option, Number | Text):
        refuse(checker.text, part.place, "row_constant", "write", example="amount > 20")
    return option


def _check_option(checker: Checker, measure: Measure, column: str, kind: Kind, option: Number | Text) -> None:
    if kind.is_numeric != option.kind.is_numeric:
        checker.refuse_kinds(kind, option)
    if isinstance(option, Text):
        _check_choice(checker, measure, column, option)


def _check_sign(checker: Checker, term: Term, sign: str, kind: Kind) -> None:
    allowed = (
        ("=", "<>", "in", "like", "ilike") if kind == Kind.TEXT else ("=", "<>", "<", "<=", ">", ">=", "in", "between")
    )
    if sign not in allowed:
        refuse_sign(checker, term, sign, kind, " ".join(allowed))


def refuse_sign(checker: Checker, term: Term, sign: str, kind: Kind, allowed: str) -> NoReturn:
    """An operator that makes no sense for that kind of value."""
    refuse(checker.text, term.place, "operator", "write", word=sign, kind=checker.kind_name(kind), example=allowed)
