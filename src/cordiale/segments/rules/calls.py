"""The functions of the language: what each takes, and the node it makes."""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal
from typing import TYPE_CHECKING, NoReturn

from cordiale.segments.rules.language import MEASURES, MESSAGE_KIND, Kind, Measure
from cordiale.segments.rules.moments import Moment, instant_of
from cordiale.segments.rules.problems import refuse, refuse_unknown
from cordiale.segments.rules.reading import Term
from cordiale.segments.rules.tree import (
    Compare,
    Condition,
    Consented,
    DaysSince,
    Declared,
    Fact,
    FactKey,
    InSegment,
    MomentValue,
    Number,
    Text,
    Value,
)

if TYPE_CHECKING:
    from cordiale.segments.rules.checking import Checker

EXAMPLES = {
    "orders": "orders(last => '90 days')", "spend": "spend(last => '90 days')", "units": "units(last => '90 days')",
    "events": "events('Cart Updated', last => '7 days')", "messages": "messages(last => '30 days')",
    "consent": "consent('offers', 'email')", "in_segment": "in_segment('dormant')", "declared": "declared('income')",
    "declared_number": "declared_number('household_size')", "days_since": "days_since(last_order_at)",
    "never": "never(orders(last => '90 days'))",
}  # fmt: skip
MAX_KEY = 60


def _consent(checker: Checker, term: Term) -> Condition:
    purpose, channel = _texts(checker, term, 2)
    vocabulary = checker.vocabulary
    for option, known, code in (
        (purpose, vocabulary.purposes, "unknown_purpose"),
        (channel, vocabulary.channels, "unknown_channel"),
    ):
        if option.value not in known:
            refuse_unknown(checker.text, option.place, code, option.value, known)
    return Consented(place=term.place, purpose=purpose.value, channel=channel.value)


def _in_segment(checker: Checker, term: Term) -> Condition:
    (name,) = _texts(checker, term, 1)
    if name.value not in checker.vocabulary.segments:
        refuse_unknown(checker.text, name.place, "unknown_segment", name.value, checker.vocabulary.segments)
    return InSegment(place=term.place, name=name.value)


def _never(checker: Checker, term: Term) -> Condition:
    _count_arguments(checker, term, 1)
    fact = checker.value(term.parts[0])
    if not isinstance(fact, Fact):
        refuse(checker.text, term.parts[0].place, "fact_wanted", "write", example=EXAMPLES["never"])
    return Compare(place=term.place, sign="=", left=fact, right=Number(place=term.place, value=Decimal(0)))


def _declared(checker: Checker, term: Term) -> Value:
    (key,) = _texts(checker, term, 1)
    if not 0 < len(key.value) <= MAX_KEY:
        refuse(checker.text, key.place, "argument_text", "write", word=term.value, example=EXAMPLES[term.value])
    kind = Kind.TEXT if term.value == "declared" else Kind.NUMBER
    return Declared(place=term.place, key=key.value, kind=kind)


def _days_since(checker: Checker, term: Term) -> Value:
    _count_arguments(checker, term, 1)
    value = checker.value(term.parts[0])
    if value.kind != Kind.INSTANT:
        refuse(checker.text, term.parts[0].place, "argument_instant", "write", example=EXAMPLES["days_since"])
    return DaysSince(place=term.place, value=value)


def _fact(checker: Checker, term: Term) -> Value:
    measure = MEASURES[term.value]
    subject = _subject(checker, term, measure)
    named = _named(checker, term, measure)
    filters = {measure.filters[name]: _text_of(checker, named[name]).value for name in named if name in measure.filters}
    if subject is not None:
        filters[measure.subject] = subject.value
    if term.value == "messages":
        filters.setdefault("kind", MESSAGE_KIND)
    minimum = _amount_of(checker, named["minimum"]) if "minimum" in named else None
    key = FactKey(function=term.value, measure=measure, since=_window(checker, named), minimum=minimum,
                  filters=tuple(sorted(filters.items())))  # fmt: skip
    return Fact(place=term.place, key=key)


def _subject(checker: Checker, term: Term, measure: Measure) -> Text | None:
    """The unnamed argument; only the first may be unnamed, and only where the measure has a subject."""
    bare = [part for part in term.parts if part.kind != "argument"]
    if measure.subject:
        if not term.parts or term.parts[0].kind == "argument":
            _refuse_count(checker, term, 1)
        bare = bare[1:]
    if bare:
        refuse(
            checker.text, bare[0].place, "argument_named", "write", function=term.value, example=EXAMPLES[term.value]
        )
    if not measure.subject:
        return None
    name = checker.value(term.parts[0])
    if not isinstance(name, Text):
        refuse(
            checker.text,
            term.parts[0].place,
            "argument_text",
            "write",
            word=measure.subject,
            example=EXAMPLES[term.value],
        )
    return name


def _named(checker: Checker, term: Term, measure: Measure) -> dict[str, Term]:
    known = {"last", "since", *measure.filters, *(("minimum",) if measure.has_minimum else ())}
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
        length = checker.value(named["last"].parts[0])
        if not isinstance(length, Text):
            refuse(checker.text, named["last"].parts[0].place, "argument_duration", "durations", word="last")
        return Moment(base="now", seconds=-checker.duration(length))
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


def _texts(checker: Checker, term: Term, count: int) -> list[Text]:
    _count_arguments(checker, term, count)
    texts = []
    for part in term.parts:
        value = checker.value(part)
        if not isinstance(value, Text):
            refuse(checker.text, part.place, "argument_text", "write", word=term.value, example=EXAMPLES[term.value])
        texts.append(value)
    return texts


def _count_arguments(checker: Checker, term: Term, count: int) -> None:
    for part in term.parts:
        if part.kind == "argument":
            place = (part.start, part.start + len(part.value))
            refuse(checker.text, place, "unknown_argument", "write", word=part.value, function=term.value,
                   example=EXAMPLES[term.value])  # fmt: skip
    if len(term.parts) != count:
        _refuse_count(checker, term, count)


def _refuse_count(checker: Checker, term: Term, count: int) -> NoReturn:
    wanted = ("one value", "une valeur") if count == 1 else (f"{count} values", f"{count} valeurs")
    refuse(
        checker.text,
        term.place,
        "argument_count",
        "write",
        function=term.value,
        wanted=wanted,
        example=EXAMPLES[term.value],
    )


CONDITIONS: dict[str, Callable[[Checker, Term], Condition]] = {
    "consent": _consent, "in_segment": _in_segment, "never": _never,
}  # fmt: skip
VALUES: dict[str, Callable[[Checker, Term], Value]] = {
    "declared": _declared, "declared_number": _declared, "days_since": _days_since,
    **dict.fromkeys(MEASURES, _fact),
}  # fmt: skip
