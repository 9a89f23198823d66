"""Who uses a trait: higher packages register here, so that one in use is not retired and its page can say where.

A package registers in its `AppConfig.ready`: `uses.register("segments", segments_using)`.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from django.urls import reverse
from django.utils.translation import gettext as _
from sqlglot import exp

from cordiale.insight import definitions
from cordiale.insight.rules.traits import references
from cordiale.ui import formats


@dataclass(frozen=True, kw_only=True)
class Use:
    """One thing that uses a trait: what it is called for a reader, and its page ("" for none).

    `without` says what would become of it; a use that has one does not keep the trait from being retired.
    """

    title: str
    url: str = ""
    without: str = ""


_finders: dict[str, Callable[[str], list[Use]]] = {}


def register(owner: str, find: Callable[[str], list[Use]]) -> None:
    """Ask `find` for the uses of a trait's name. Registering an owner again replaces it."""
    _finders[owner] = find


def of(name: str) -> list[Use]:
    """What is derived from the trait `name`, the stages it decides on, and what higher packages use it for."""
    return [*_derived(name), *_stages(name), *(use for find in _finders.values() for use in find(name))]


def page_of(name: str) -> str:
    """The page of a trait."""
    return reverse("insight:trait", args=[name])


def _derived(name: str) -> list[Use]:
    return [
        Use(
            title=_("the trait %(title)s") % {"title": formats.in_language(trait.title)},
            url=page_of(trait.name),
        )
        for trait in definitions.current().traits
        if name in references(trait)
    ]


def _stages(name: str) -> list[Use]:
    return [
        Use(
            title=_("the stage %(title)s") % {"title": formats.in_language(rule.title)},
            url=reverse("lifecycle:index"),
        )
        for rule in definitions.current().lifecycle.rules
        if rule.condition is not None
        and name in {column.name.lower() for column in rule.condition.find_all(exp.Column)}
    ]
