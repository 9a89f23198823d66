"""What the columns of scores are called, in both languages."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from django.utils import translation
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from cordiale.scores.rules.declarations import VALUE, Score

LANGUAGES = ("fr", "en")
_DAYS_A_MONTH = 30.44


def both(text: Callable[[], str]) -> Mapping[str, str]:
    """A text in both languages."""
    said = {}
    for language in LANGUAGES:
        with translation.override(language):
            said[language] = text()
    return said


def ahead(days: int) -> str:
    """A horizon in words: months where it is long."""
    months = round(days / _DAYS_A_MONTH)
    if days >= 300:
        return ngettext("%(n)s month", "%(n)s months", months) % {"n": months}
    return ngettext("%(n)s day", "%(n)s days", days) % {"n": days}


def column_title(score: Score, key: str) -> Mapping[str, str]:
    """The title of a column."""
    if score.kind != VALUE:
        return (
            score.title if key == "probability" else both(lambda: _("%(score)s: which") % {"score": _in(score.title)})
        )
    period = score.horizons[0]
    return both(lambda: {
        "orders": _("Orders expected in %(period)s"), "value": _("Value expected in %(period)s"),
        "active": _("Probability of being active"), "next_order": _("Next order expected"),
    }[key] % {"period": ahead(period)})  # fmt: skip


def column_description(score: Score, key: str) -> Mapping[str, str]:
    """What a column says of a customer."""
    if score.kind != VALUE:
        return score.description
    period, margin, discount = score.horizons[0], round(score.margin * 100), round(score.discount * 100)
    return both(lambda: {
        "orders": _("Orders to expect of the customer in the next %(period)s."),
        "value": _("Margin to expect of the customer in the next %(period)s: %(margin)s %% of the amounts paid, each"
                   " year later worth %(discount)s %% less."),
        "active": _("Probability that the customer has not left for good."),
        "next_order": _("The day by which the next order has come as probably as not; unknown where it may never"
                        " come."),
    }[key] % {"period": ahead(period), "margin": margin, "discount": discount})  # fmt: skip


def unit(score: Score, key: str) -> Mapping[str, str] | None:
    """The unit of a column, None where its type says it."""
    return both(lambda: _("orders")) if score.kind == VALUE and key == "orders" else None


def _in(text: Mapping[str, str]) -> str:
    return text[translation.get_language()[:2] if translation.get_language() else "en"]
