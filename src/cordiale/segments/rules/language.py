"""The words of the language: kinds of value, fields of a customer, functions and their arguments."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Literal

Titles = Mapping[str, str]
"""What a thing is called for a reader: `{"fr": …, "en": …}`."""


class Kind(StrEnum):
    """What a value is. Numbers of every kind compute together; the others compare with their own kind only."""

    NUMBER = "number"
    INTEGER = "integer"
    MONEY = "money"
    SHARE = "share"
    TEXT = "text"
    INSTANT = "instant"
    DATE = "date"
    BOOLEAN = "boolean"

    @property
    def is_numeric(self) -> bool:
        """Does it compute?"""
        return self in (Kind.NUMBER, Kind.INTEGER, Kind.MONEY, Kind.SHARE)


Source = Literal["trait", "profile"]


@dataclass(frozen=True, kw_only=True)
class Field:
    """One value of a customer. `choices`, where it is not empty, are all the texts it can take."""

    name: str
    kind: Kind
    source: Source
    titles: Titles
    choices: tuple[str, ...] = ()


@dataclass(frozen=True, kw_only=True)
class Vocabulary:
    """What an expression can speak of in this company, today.

    `segments` maps names to their texts; `zone` is where a day such as '2026-01-31' begins.
    """

    fields: Mapping[str, Field]
    segments: Mapping[str, str] = field(default_factory=dict)
    purposes: tuple[str, ...] = ()
    channels: tuple[str, ...] = ()
    zone: str = "UTC"


def _profile(name: str, kind: Kind, fr: str, en: str) -> Field:
    return Field(name=name, kind=kind, source="profile", titles={"fr": fr, "en": en})


PROFILE: dict[str, Field] = {
    one.name: one
    for one in (
        _profile("reference", Kind.TEXT, "référence", "reference"),
        _profile("language", Kind.TEXT, "langue", "language"),
        _profile("city", Kind.TEXT, "ville", "city"),
        _profile("postcode", Kind.TEXT, "code postal", "postcode"),
        _profile("country", Kind.TEXT, "pays", "country"),
        _profile("timezone", Kind.TEXT, "fuseau horaire", "time zone"),
        _profile("age", Kind.INTEGER, "âge", "age"),
        _profile("birthday_in", Kind.INTEGER, "jours avant l’anniversaire", "days before the birthday"),
        _profile("birth_on", Kind.DATE, "date de naissance", "date of birth"),
        _profile("created_at", Kind.INSTANT, "création de la fiche", "creation of the record"),
        _profile("has_email", Kind.BOOLEAN, "une adresse email est connue", "an email address is known"),
        _profile("has_phone", Kind.BOOLEAN, "un numéro de téléphone est connu", "a phone number is known"),
    )
}


@dataclass(frozen=True, kw_only=True)
class Measure:
    """A fact function: which rows of which table it reads, and what it makes of them.

    `filters` maps an argument to the column it compares with; `subject` is the column of its first, unnamed argument.
    """

    table: str
    kind: Kind
    filters: Mapping[str, str]
    subject: str = ""
    has_minimum: bool = False


_LINE = {name: name for name in ("category", "department", "brand", "product", "channel", "store")}
_LINE["product"] = "product_id"

MEASURES: dict[str, Measure] = {
    "orders": Measure(table="order_lines", kind=Kind.INTEGER, filters=_LINE, has_minimum=True),
    "spend": Measure(table="order_lines", kind=Kind.MONEY, filters=_LINE),
    "units": Measure(table="order_lines", kind=Kind.INTEGER, filters=_LINE),
    "events": Measure(
        table="events",
        kind=Kind.INTEGER,
        filters={"source": "source", "category": "category", "topic": "topic", "product": "product_id"},
        subject="name",
    ),
    "messages": Measure(
        table="messages",
        kind=Kind.INTEGER,
        filters={name: name for name in ("programme", "step", "channel", "purpose", "kind", "source")},
    ),
}
MESSAGE_KIND = "handed_over"
"""What `messages()` counts when no `kind` is named: messages the next server took."""

OTHERS = ("consent", "in_segment", "declared", "declared_number", "days_since", "never")
FUNCTIONS = frozenset({*MEASURES, *OTHERS})
MOMENTS = ("now", "entry")
