"""Choices that narrow the list of customers. Higher packages add theirs: a segment, a life-cycle stage."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from django.db.models import Q
from django.utils.functional import Promise


@dataclass(frozen=True)
class Filter:
    """A choice above the list. `name` is its query parameter; `where` turns a chosen value into a condition.

    `options` gives (value, title) pairs. An unknown value never reaches `where`: it narrows the list to nobody.
    """

    name: str
    order: int
    label: str | Promise
    options: Callable[[], Sequence[tuple[str, str]]]
    where: Callable[[str], Q]


@dataclass(frozen=True)
class Shown:
    """A filter as the page draws it."""

    name: str
    label: str | Promise
    options: Sequence[tuple[str, str]]
    chosen: str


_filters: dict[str, Filter] = {}


def register(one: Filter) -> None:
    """Add a filter, from a package's `AppConfig.ready`. Registering a name again replaces it."""
    _filters[one.name] = one


def apply(parameters: Mapping[str, str]) -> tuple[Q, list[Shown]]:
    """The condition that `parameters` ask for, and the filters to draw."""
    condition, shown = Q(), []
    for one in sorted(_filters.values(), key=lambda each: each.order):
        options, chosen = one.options(), parameters.get(one.name, "")
        shown.append(Shown(one.name, one.label, options, chosen))
        if chosen:
            known = chosen in {value for value, _ in options}
            condition &= one.where(chosen) if known else Q(pk__in=[])
    return condition, shown
