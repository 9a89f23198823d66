"""What traits, scores and stages are called and how their values are written, in the reader's language."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

from babel import dates
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from cordiale.facts.categories import category_label
from cordiale.insight.rules.lifecycle import Lifecycle
from cordiale.insight.rules.rfm import MEASURES
from cordiale.insight.rules.traits import Trait
from cordiale.ui import formats

BADGES = {
    "prospect": "neutral", "customer": "info", "occasional": "neutral", "active": "ok", "ambassador": "accent",
    "dormant": "warning", "lost": "danger",
}  # fmt: skip


@dataclass(frozen=True, kw_only=True)
class Shown:
    """One trait of one customer, as it is read."""

    name: str
    title: str
    value: str
    period: str
    definition: str


def shown(trait: Trait, value: Any) -> Shown:
    """A trait's value in words, with its period and definition."""
    return Shown(name=trait.name, title=formats.in_language(trait.title), value=written(trait, value),
                 period=period(trait), definition=formats.in_language(trait.description))  # fmt: skip


def written(trait: Trait, value: Any) -> str:
    """A value of a trait with its unit; a dash where it is not known."""
    if value is None:
        return formats.NOTHING
    if trait.type == "instant":
        return formats.instant(value)
    if trait.type == "text":
        return category_label(value, formats.language()) if _is_category(trait) else str(value)
    text = formats.figure(value, trait.type)
    return f"{text}\u00a0{formats.in_language(trait.unit)}" if trait.unit else text


def period(trait: Trait) -> str:
    """Which facts a trait looks at."""
    if trait.window is None:
        return "" if trait.source in ("derived", "score") else _("all time")
    if trait.ago:
        return _("%(from)s to %(to)s days ago") % {"from": trait.window + trait.ago, "to": trait.ago}
    return ngettext("last %(days)s day", "last %(days)s days", trait.window) % {"days": formats.number(trait.window)}


def type_title(trait: Trait) -> str:
    """The type of a trait's values."""
    return {
        "number": _("number"), "integer": _("whole number"), "money": _("amount"), "text": _("text"),
        "instant": _("moment"), "share": _("share"),
    }[trait.type]  # fmt: skip


def source_title(trait: Trait) -> str:
    """What a trait is computed from."""
    return {
        "order_lines": _("order lines"), "events": _("events"), "messages": _("messages"),
        "derived": _("other traits"), "answers": _("survey answers"), "score": _("a score"),
    }[trait.source]  # fmt: skip


def owner(trait: Trait) -> str:
    """Who answers for a trait."""
    return trait.owner or _("the product")


def scores(row: Mapping[str, Any], traits: Mapping[str, Trait]) -> list[Shown]:
    """The three RFM scores of a customer's row, each with what it is made of; none for who never ordered."""
    titles = {"rfm_recency": _("Recency"), "rfm_frequency": _("Frequency"), "rfm_monetary": _("Spend")}
    return [
        Shown(
            name=name, title=titles[name], value=_("%(score)s of 5") % {"score": row[name]}, period="",
            definition=_("%(trait)s: %(value)s")
            % {"trait": formats.in_language(traits[trait].title), "value": written(traits[trait], row[trait])},
        )
        for name, (trait, _better) in MEASURES.items()
        if row.get(name) is not None
    ]  # fmt: skip


@dataclass(frozen=True, kw_only=True)
class Stage:
    """A stage as it is read: its name, the rule in words and as written."""

    name: str
    title: str
    badge: str
    description: str
    definition: str


def stages(lifecycle: Lifecycle) -> dict[str, Stage]:
    """The stages by name, in the order their rules are tried."""
    return {
        rule.stage: Stage(
            name=rule.stage, title=formats.in_language(rule.title), badge=BADGES[rule.stage],
            description=formats.in_language(rule.description), definition=rule.definition,
        )
        for rule in lifecycle.rules
    }  # fmt: skip


def month(day: date) -> str:
    """The month of a day, short."""
    return str(dates.format_skeleton("yMMM", day, locale=formats.locale()))


def _is_category(trait: Trait) -> bool:
    aggregate = trait.aggregate
    return aggregate is not None and aggregate.argument is not None and aggregate.argument.name == "category"
