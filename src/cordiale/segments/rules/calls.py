"""The functions of the language: what each takes, and the node it makes."""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal
from typing import TYPE_CHECKING, NoReturn

from cordiale.segments.rules import fact_calls
from cordiale.segments.rules.fact_calls import MAX_KEY
from cordiale.segments.rules.language import MEASURES, Kind
from cordiale.segments.rules.problems import refuse, refuse_unknown
from cordiale.segments.rules.reading import Term
from cordiale.segments.rules.tree import (
    Compare,
    Condition,
    Consented,
    DaysSince,
    Declared,
    Fact,
    InSegment,
    Listed,
    Number,
    Reachable,
    Sampled,
    Sequence,
    Text,
    Value,
)

if TYPE_CHECKING:
    from cordiale.segments.rules.checking import Checker

EXAMPLES = fact_calls.EXAMPLES | {
    "consent": "consent('offers', 'email')", "reachable": "reachable('offers', 'email')",
    "in_segment": "in_segment('dormant')", "listed": "listed('vip')", "sample": "sample(0.1, 'spring test')",
    "declared": "declared('income')", "declared_number": "declared_number('household_size')",
    "days_since": "days_since(last_order_at)", "never": "never(orders(last => '90 days'))",
}  # fmt: skip


def _consent(checker: Checker, term: Term) -> Condition:
    purpose, channel = _purpose_and_channel(checker, term)
    return Consented(place=term.place, purpose=purpose, channel=channel)


def _reachable(checker: Checker, term: Term) -> Condition:
    purpose, channel = _purpose_and_channel(checker, term)
    needs_consent = purpose not in checker.vocabulary.unasked
    return Reachable(place=term.place, purpose=purpose, channel=channel, needs_consent=needs_consent)


def _purpose_and_channel(checker: Checker, term: Term) -> tuple[str, str]:
    purpose, channel = _texts(checker, term, 2)
    vocabulary = checker.vocabulary
    for option, known, code in (
        (purpose, vocabulary.purposes, "unknown_purpose"),
        (channel, vocabulary.channels, "unknown_channel"),
    ):
        if option.value not in known:
            refuse_unknown(checker.text, option.place, code, option.value, known)
    return purpose.value, channel.value


def _in_segment(checker: Checker, term: Term) -> Condition:
    (name,) = _texts(checker, term, 1)
    if name.value not in checker.vocabulary.segments:
        refuse_unknown(checker.text, name.place, "unknown_segment", name.value, checker.vocabulary.segments)
    return InSegment(place=term.place, name=name.value)


def _listed(checker: Checker, term: Term) -> Condition:
    (name,) = _texts(checker, term, 1)
    if name.value not in checker.vocabulary.lists:
        refuse_unknown(checker.text, name.place, "unknown_list", name.value, checker.vocabulary.lists)
    return Listed(place=term.place, name=name.value)


def _sample(checker: Checker, term: Term) -> Condition:
    _count_arguments(checker, term, 2)
    share, name = (checker.value(part) for part in term.parts)
    if not isinstance(share, Number) or not share.value:
        refuse(checker.text, term.parts[0].place, "sample_share", "write", example=EXAMPLES["sample"])
    if share.value > 1:
        refuse(checker.text, share.place, "share", "percent")
    if not isinstance(name, Text) or not 0 < len(name.value) <= MAX_KEY:
        refuse(checker.text, term.parts[1].place, "sample_name", "write", limit=MAX_KEY, example=EXAMPLES["sample"])
    return Sampled(place=term.place, share=share.value, name=name.value)


def _never(checker: Checker, term: Term) -> Condition:
    _count_arguments(checker, term, 1)
    fact = checker.value(term.parts[0])
    if not isinstance(fact, Sequence) and not (isinstance(fact, Fact) and fact.key.measure.is_known):
        refuse(checker.text, term.parts[0].place, "fact_wanted", "write", example=EXAMPLES["never"])
    return Compare(place=term.place, sign="=", left=fact, right=Number(place=term.place, value=Decimal(0)))


def _declared(checker: Checker, term: Term) -> Value:
    (key,) = _texts(checker, term, 1)
    if not 0 < len(key.value) <= MAX_KEY:
        refuse(checker.text, key.place, "argument_text", "write", word=term.value, example=EXAMPLES[term.value])
    if key.value in checker.vocabulary.sensitive:
        refuse(checker.text, key.place, "sensitive", word=key.value)
    kind = Kind.TEXT if term.value == "declared" else Kind.NUMBER
    return Declared(place=term.place, key=key.value, kind=kind)


def _days_since(checker: Checker, term: Term) -> Value:
    _count_arguments(checker, term, 1)
    value = checker.value(term.parts[0])
    if value.kind != Kind.INSTANT:
        refuse(checker.text, term.parts[0].place, "argument_instant", "write", example=EXAMPLES["days_since"])
    return DaysSince(place=term.place, value=value)


def _property(checker: Checker, term: Term) -> NoReturn:
    refuse(checker.text, term.place, "property", "write", function="a condition", example=EXAMPLES["property"])


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
        wanted = ("one value", "une valeur") if count == 1 else (f"{count} values", f"{count} valeurs")
        refuse(checker.text, term.place, "argument_count", "write", function=term.value, wanted=wanted,
               example=EXAMPLES[term.value])  # fmt: skip


CONDITIONS: dict[str, Callable[[Checker, Term], Condition]] = {
    "consent": _consent, "reachable": _reachable, "in_segment": _in_segment, "listed": _listed, "sample": _sample,
    "never": _never,
}  # fmt: skip
VALUES: dict[str, Callable[[Checker, Term], Value]] = {
    "declared": _declared, "declared_number": _declared, "days_since": _days_since, "property": _property,
    "sequence": fact_calls.sequence, **dict.fromkeys(MEASURES, fact_calls.fact),
}  # fmt: skip
