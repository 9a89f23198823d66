"""What a rule can be about, as the page's longest list: grouped by family, each with what tells more of it."""

from __future__ import annotations

from collections.abc import Container, Iterable
from dataclasses import dataclass

from django.utils.translation import gettext as _

from cordiale.segments.builder.offers import Offers
from cordiale.segments.queries.catalogue import FieldOffer

Family = tuple[str, str]
"""A group of fields and, of traits, what they are computed from."""


@dataclass(frozen=True)
class Option:
    """One of a control's values."""

    value: str
    title: str
    is_chosen: bool


def subjects(offers: Offers, about: str) -> list[tuple[str, tuple[Option, ...]]]:
    """Groups of options, `about` chosen; a name that is gone stays as it is."""
    known = offers.catalogue
    happened = [(f"fact:{one.name}", one.title) for one in known.functions]
    groups = [(_("What happened"), [*happened, ("sequence", _("One thing after another"))])]
    families = _families()
    for place, title in families.items():
        offered = [
            (f"field:{one.name}", _capital(one.title)) for one in known.fields if _family(one, families) == place
        ]
        groups.append((title, sorted(offered, key=lambda pair: pair[1].casefold())))
    groups.append((_("Contact"), [("consent", _("Has consented to")), ("reachable", _("May be contacted for"))]))
    others = [
        ("segment", _("Is in the segment")), ("listed", _("Is on the list")), ("sample", _("Is in a random sample")),
        ("written", _("A rule written as text")),
    ]  # fmt: skip
    groups.append((_("Other"), others))
    if about and not any(about == key for _title, pairs in groups for key, _said in pairs):
        groups[-1][1].append((about, about.partition(":")[2] or about))
    return [(title, _chosen(pairs, about)) for title, pairs in groups if pairs]


def helps(offers: Offers) -> dict[str, str]:
    """The description and unit of each field that has one, by the value of its option."""
    told = {f"field:{one.name}": _help(one) for one in offers.catalogue.fields}
    return {about: said for about, said in told.items() if said}


def _families() -> dict[Family, str]:
    """Titles of the groups of fields: who somebody is, then traits by what they are computed from."""
    return {
        ("profile", ""): _("Who they are"),
        ("declared", ""): _("What they told us"),
        ("trait", "order_lines"): _("Traits of orders"),
        ("trait", "events"): _("Traits of events"),
        ("trait", "messages"): _("Traits of messages"),
        ("trait", "answers"): _("Traits of answers to surveys"),
        ("trait", "derived"): _("Traits derived from others"),
        ("trait", ""): _("Other traits"),
        ("score", ""): _("Scores"),
    }


def _family(one: FieldOffer, families: Container[Family]) -> Family:
    return (one.group, one.family) if (one.group, one.family) in families else (one.group, "")


def _help(one: FieldOffer) -> str:
    unit = _("Unit: %(unit)s.") % {"unit": one.unit} if one.unit else ""
    return f"{one.description} {unit}".strip()


def _chosen(pairs: Iterable[tuple[str, str]], about: str) -> tuple[Option, ...]:
    return tuple(Option(key, title, key == about) for key, title in pairs)


def _capital(text: str) -> str:
    return text[:1].upper() + text[1:]
