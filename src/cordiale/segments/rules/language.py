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


Source = Literal["trait", "profile", "declared"]
"""Where a field is kept: the day's snapshot, a column of the profile, or what the person declared."""


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

    `fields` go by their names in small letters. `segments` maps names to their texts, `lists` names those that are
    loaded from files; `unasked` are the purposes that need no consent, `sensitive` the declared keys no segment may
    read. `zone` is where a day such as '2026-01-31' begins.
    """

    fields: Mapping[str, Field]
    segments: Mapping[str, str] = field(default_factory=dict)
    purposes: tuple[str, ...] = ()
    channels: tuple[str, ...] = ()
    lists: frozenset[str] = frozenset()
    unasked: frozenset[str] = frozenset()
    sensitive: frozenset[str] = frozenset()
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


REACHED_BY = {"email": "at_email", "sms": "at_phone", "phone": "at_phone", "letter": "at_letter"}
"""For each channel, the column of the profile that says an address of it is known and may be used."""


@dataclass(frozen=True, kw_only=True)
class Measure:
    """A fact function: which rows of which table it reads, and what it makes of them.

    `filters` maps an argument to the text column it compares with, `numbers` names to columns that conditions on a row
    may also use; `subject` is the column of its first, unnamed argument. `table` is one of the lake, or one of `GIVEN`.
    `is_known`: nobody's value is unknown, whoever has no such row has 0.
    """

    table: str
    kind: Kind
    filters: Mapping[str, str]
    numbers: Mapping[str, tuple[str, Kind]] = field(default_factory=dict)
    subject: str = ""
    has_minimum: bool = False
    has_properties: bool = False
    is_known: bool = True

    def column(self, word: str) -> tuple[str, Kind] | None:
        """The column a word names inside the function's parentheses, and its kind; None where there is none."""
        return (self.filters[word], Kind.TEXT) if word in self.filters else self.numbers.get(word)

    def word(self, column: str) -> str:
        """What the language calls a column."""
        words = [*self.filters.items(), *((word, column) for word, (column, _) in self.numbers.items())]
        return next(word for word, its in words if its == column)


GIVEN = ("cases", "relations", "stays")
"""Tables of facts that PostgreSQL keeps: they are joined to the query as relations with `customer_id` and `ts`."""

_LINE = {name: name for name in ("category", "department", "brand", "product", "channel", "store")}
_LINE["product"] = "product_id"
_AMOUNTS = {
    "quantity": ("quantity", Kind.INTEGER),
    "amount": ("amount", Kind.MONEY),
    "discount": ("discount", Kind.MONEY),
}
_ANSWER = {name: name for name in ("question", "kind", "text", "channel", "source")}
_VALUE = {"value": ("value", Kind.NUMBER)}
_STAY = Measure(table="stays", kind=Kind.INTEGER, filters={}, subject="segment")

MEASURES: dict[str, Measure] = {
    "orders": Measure(table="order_lines", kind=Kind.INTEGER, filters=_LINE, numbers=_AMOUNTS, has_minimum=True),
    "spend": Measure(table="order_lines", kind=Kind.MONEY, filters=_LINE, numbers=_AMOUNTS),
    "units": Measure(table="order_lines", kind=Kind.INTEGER, filters=_LINE, numbers=_AMOUNTS),
    "events": Measure(
        table="events", kind=Kind.INTEGER, subject="name", has_properties=True,
        filters={"source": "source", "category": "category", "topic": "topic", "product": "product_id"},
        numbers={"seconds": ("seconds", Kind.INTEGER)},
    ),
    "messages": Measure(
        table="messages", kind=Kind.INTEGER,
        filters={name: name for name in ("programme", "step", "channel", "purpose", "kind", "source")},
    ),
    "answers": Measure(table="answers", kind=Kind.INTEGER, filters=_ANSWER, numbers=_VALUE, subject="survey"),
    "last_answer": Measure(
        table="answers", kind=Kind.NUMBER, filters=_ANSWER, numbers=_VALUE, subject="survey", is_known=False
    ),
    "cases": Measure(
        table="cases", kind=Kind.INTEGER, filters={name: name for name in ("state", "category", "channel", "priority")},
        numbers={"satisfaction": ("satisfaction", Kind.INTEGER)},
    ),
    "relations": Measure(table="relations", kind=Kind.INTEGER, filters={}, subject="kind"),
    "entries": _STAY,
    "exits": _STAY,
}  # fmt: skip
MESSAGE_KIND = "handed_over"
"""What `messages()` counts when no `kind` is named: messages the next server took."""
RELATIONS = (
    "household", "gave_to", "given_by", "referred", "referred_by", "works_for", "employs", "parent_of", "child_of",
    "other",
)  # fmt: skip
"""Relations as the customer has them towards the other one."""
CHOICES: dict[tuple[str, str], tuple[str, ...]] = {
    ("cases", "state"): ("open", "waiting", "resolved"),
    ("cases", "priority"): ("high", "normal", "low"),
    ("relations", "kind"): RELATIONS,
}
"""All the texts a column of a table can hold, where they are few and ours."""
STEPS = ("orders", "events", "messages", "answers")
"""The functions a sequence may be made of."""
MAX_STEPS = 6

OTHERS = (
    "consent", "reachable", "in_segment", "listed", "sample", "sequence", "declared", "declared_number", "days_since",
    "never", "property",
)  # fmt: skip
FUNCTIONS = frozenset({*MEASURES, *OTHERS})
MOMENTS = ("now", "entry")
