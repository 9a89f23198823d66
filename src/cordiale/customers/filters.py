"""Choices that narrow the list of customers. Higher packages add theirs: a segment, a life-cycle stage."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from urllib.parse import urlencode

from django.db.models import Q
from django.utils.functional import Promise
from django.utils.translation import gettext as _

from cordiale.errors import CordialeError

DAY = "on"
"""The query parameter that asks for a past day, of the filters that know it."""


@dataclass(frozen=True)
class OnADay:
    """Who had a value on a past day: the condition, a sentence for the filter, where needed one more about the day,
    and the page that tells of that day."""

    where: Q
    told: str
    note: str = ""
    url: str = ""


@dataclass(frozen=True)
class Filter:
    """A choice above the list. `name` is its query parameter; `where` turns a chosen value into a condition.

    `options` gives (value, title) pairs. An unknown value never reaches `where`: it narrows the list to nobody.
    `on` answers for a past day (`?stage=dormant&on=2026-03-01`); its CordialeError is told beside it.
    """

    name: str
    order: int
    label: str | Promise
    options: Callable[[], Sequence[tuple[str, str]]]
    where: Callable[[str], Q]
    on: Callable[[str, date], OnADay] | None = None


@dataclass(frozen=True)
class Shown:
    """A filter as the page draws it: `told` what it narrows to, empty where nothing is chosen.

    `day` is the day asked for as it was written, `problem` what is wrong with it; both empty where no day is known.
    `without` is the query of the same list without it.
    """

    name: str
    label: str | Promise
    options: Sequence[tuple[str, str]]
    chosen: str
    told: str
    takes_day: bool = False
    day: str = ""
    problem: str = ""
    note: str = ""
    url: str = ""
    without: str = ""


_filters: dict[str, Filter] = {}


def register(one: Filter) -> None:
    """Add a filter, from a package's `AppConfig.ready`. Registering a name again replaces it."""
    _filters[one.name] = one


def apply(parameters: Mapping[str, str]) -> tuple[Q, list[Shown]]:
    """The condition that `parameters` ask for, and the filters to draw."""
    condition, shown = Q(), []
    for one in sorted(_filters.values(), key=lambda each: each.order):
        where, drawn = _applied(one, parameters)
        condition &= where
        shown.append(drawn)
    return condition, shown


def _applied(one: Filter, parameters: Mapping[str, str]) -> tuple[Q, Shown]:
    options, chosen = one.options(), parameters.get(one.name, "")
    title = dict(options).get(chosen, chosen)
    day = parameters.get(DAY, "").strip() if one.on else ""
    told = f"{one.label}: {title}" if chosen else ""
    drawn = Shown(one.name, one.label, options, chosen, told, bool(one.on), day, without=_without(one, parameters))
    if chosen and chosen not in dict(options):
        return Q(pk__in=[]), drawn
    if one.on is None or not day:
        return one.where(chosen) if chosen else Q(), drawn
    if not chosen:
        return Q(), replace(drawn, problem=_("Choose as well what they were on that day."))
    try:
        found = one.on(chosen, _date(day))
    except CordialeError as error:
        return Q(pk__in=[]), replace(drawn, problem=str(error))
    return found.where, replace(drawn, told=found.told, note=found.note, url=found.url)


def _without(one: Filter, parameters: Mapping[str, str]) -> str:
    dropped = {one.name, "page", *([DAY] if one.on else [])}
    return "?" + urlencode({name: value for name, value in parameters.items() if name not in dropped})


def _date(text: str) -> date:
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise CordialeError(_("Write a day as 2026-03-01.")) from None
