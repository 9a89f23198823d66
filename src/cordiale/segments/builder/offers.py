"""The catalogue by name, and what kind of value each thing a rule can be about has."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

from cordiale.segments.queries.catalogue import Catalogue, ColumnOffer, FieldOffer, FunctionOffer, catalogue
from cordiale.segments.rules import Kind

NUMERIC = frozenset({Kind.NUMBER, Kind.INTEGER, Kind.MONEY, Kind.SHARE})


@dataclass(frozen=True)
class Offers:
    """Looks names up in a catalogue; None where there is none of that name."""

    catalogue: Catalogue

    @cached_property
    def _fields(self) -> dict[str, FieldOffer]:
        return {one.name: one for one in self.catalogue.fields}

    @cached_property
    def _functions(self) -> dict[str, FunctionOffer]:
        return {one.name: one for one in self.catalogue.functions}

    def field(self, name: str) -> FieldOffer | None:
        """The field of that name."""
        return self._fields.get(name)

    def function(self, name: str) -> FunctionOffer | None:
        """The fact function of that name."""
        return self._functions.get(name)

    def column(self, function: str, name: str) -> ColumnOffer | None:
        """A column of the rows a function looks at."""
        offer = self.function(function)
        return next((one for one in offer.columns if one.name == name), None) if offer else None

    def kind(self, about: str) -> str:
        """The kind of value of `field:…`, `fact:…` or `sequence`; empty for what has none."""
        sort, _, name = about.partition(":")
        if sort == "sequence":
            return Kind.INTEGER
        offer = self.field(name) if sort == "field" else self.function(name) if sort == "fact" else None
        return offer.kind if offer else ""


def offers(language: str) -> Offers:
    """Everything there is to build with, in `fr` or `en`."""
    return Offers(catalogue(language))
