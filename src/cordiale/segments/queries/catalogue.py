"""What a builder offers: every word of the language with its title, kind, operators and the values it can take."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from cordiale.consent.purposes import purposes
from cordiale.consent.rules import CHANNELS
from cordiale.insight import queries as insight
from cordiale.insight.rules.traits import Trait
from cordiale.segments.models import Segment
from cordiale.segments.queries import known_values
from cordiale.segments.queries.called import Names
from cordiale.segments.queries.language import vocabulary
from cordiale.segments.rules.calls import EXAMPLES
from cordiale.segments.rules.language import CHOICES, MEASURES, STEPS, Field, Kind, Measure
from cordiale.segments.rules.words import COLUMNS, FUNCTION_TITLES
from cordiale.ui import formats

_OPERATORS: Mapping[Kind, tuple[str, ...]] = {
    Kind.TEXT: ("=", "<>", "in", "like", "ilike", "unknown"),
    Kind.INSTANT: ("<", "<=", ">", ">=", "between", "unknown"),
    Kind.BOOLEAN: ("flag",),
} | dict.fromkeys(
    (Kind.NUMBER, Kind.INTEGER, Kind.MONEY, Kind.SHARE, Kind.DATE),
    ("=", "<>", "<", "<=", ">", ">=", "between", "in", "unknown"),
)


@dataclass(frozen=True, kw_only=True)
class Choice:
    """A value, and what it is called for a reader."""

    value: str
    title: str


@dataclass(frozen=True, kw_only=True)
class FieldOffer:
    """A field: `group` is profile, declared, trait or score; `unit` is empty where it has none. `choices` are all its
    values; where there are none and `has_values`, ask `top_values` for those it often has. `family` is what a trait is
    computed from ("order_lines", "derived"), empty for the rest."""

    name: str
    title: str
    description: str
    kind: str
    group: str
    family: str
    unit: str
    operators: tuple[str, ...]
    choices: tuple[Choice, ...]
    has_values: bool


@dataclass(frozen=True, kw_only=True)
class ColumnOffer:
    """What rows of facts can be held against: a column (`events.category` names it to `top_values`)."""

    name: str
    title: str
    kind: str
    operators: tuple[str, ...]
    choices: tuple[Choice, ...]
    has_values: bool


@dataclass(frozen=True, kw_only=True)
class FunctionOffer:
    """A function. `subject` is its first argument where it has one; `is_known`: it is never unknown, 0 at least."""

    name: str
    title: str
    kind: str
    example: str
    operators: tuple[str, ...]
    subject: ColumnOffer | None
    columns: tuple[ColumnOffer, ...]
    takes_minimum: bool
    takes_properties: bool
    takes_window: bool
    is_step: bool
    is_known: bool


@dataclass(frozen=True, kw_only=True)
class Catalogue:
    """Everything, in one language."""

    fields: tuple[FieldOffer, ...]
    functions: tuple[FunctionOffer, ...]
    purposes: tuple[Choice, ...]
    channels: tuple[Choice, ...]
    segments: tuple[Choice, ...]
    lists: tuple[Choice, ...]


def catalogue(language: str) -> Catalogue:
    """What there is to build with today, in `fr` or `en`."""
    words = vocabulary()
    traits = {one.name: one for one in insight.traits()}
    return Catalogue(
        fields=tuple(_field(one, traits.get(one.name), language) for one in words.fields.values()),
        functions=tuple(_function(name, measure, language) for name, measure in MEASURES.items()),
        purposes=tuple(Choice(value=code, title=_in(one.title, language)) for code, one in purposes().items()),
        channels=tuple(Choice(value=code, title=str(formats.channel(code))) for code in CHANNELS),
        segments=_segments(language, only_static=False),
        lists=_segments(language, only_static=True),
    )


def _field(one: Field, trait: Trait | None, language: str) -> FieldOffer:
    names = Names(language)
    group = "score" if one.source == "trait" and (trait is None or trait.source == "score") else one.source
    return FieldOffer(
        name=one.name, title=_in(one.titles, language) or one.name,
        description=_in(trait.description, language) if trait else "", kind=one.kind, group=group,
        family=trait.source if trait and group == "trait" else "",
        unit=_in(trait.unit, language) if trait and trait.unit else "", operators=_OPERATORS[one.kind],
        choices=tuple(Choice(value=value, title=names(one.name, value)) for value in one.choices),
        has_values=one.kind == Kind.TEXT and (one.source != "profile" or one.name in known_values.PROFILE),
    )  # fmt: skip


def _function(name: str, measure: Measure, language: str) -> FunctionOffer:
    columns = [_column(measure, word, column, Kind.TEXT, language) for word, column in measure.filters.items()]
    columns += [_column(measure, word, column, kind, language) for word, (column, kind) in measure.numbers.items()]
    subject = _column(measure, measure.subject, measure.subject, Kind.TEXT, language) if measure.subject else None
    return FunctionOffer(
        name=name, title=FUNCTION_TITLES[name][_which(language)], kind=measure.kind, example=EXAMPLES[name],
        operators=tuple(sign for sign in _OPERATORS[measure.kind] if sign != "unknown" or not measure.is_known),
        subject=subject, columns=tuple(columns), takes_minimum=measure.has_minimum,
        takes_properties=measure.has_properties, takes_window=True, is_step=name in STEPS, is_known=measure.is_known,
    )  # fmt: skip


def _column(measure: Measure, word: str, column: str, kind: Kind, language: str) -> ColumnOffer:
    known, names = CHOICES.get((measure.table, column), ()), Names(language)
    operators = tuple(sign for sign in _OPERATORS[kind] if sign != "unknown")
    return ColumnOffer(
        name=word, title=COLUMNS.get(column, (word, word))[_which(language)], kind=kind, operators=operators,
        choices=tuple(Choice(value=value, title=names(column, value)) for value in known),
        has_values=kind == Kind.TEXT and not known and measure.table not in ("stays", "relations"),
    )  # fmt: skip


def _segments(language: str, *, only_static: bool) -> tuple[Choice, ...]:
    found = Segment.objects.order_by("name")
    found = found.filter(is_static=True) if only_static else found
    return tuple(
        Choice(value=name, title=_in(title, language) or name) for name, title in found.values_list("name", "title")
    )


def _in(titles: Mapping[str, str], language: str) -> str:
    return titles.get(language) or titles.get("en") or next(iter(titles.values()), "")


def _which(language: str) -> int:
    return 1 if language == "fr" else 0
