"""What recommendations are called, in the language of the page."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.conf import settings
from django.utils import translation
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from cordiale.facts.categories import category_label
from cordiale.recommendations.models import Product
from cordiale.recommendations.rules.reasons import Reason
from cordiale.ui import formats

METHODS = {
    "items": gettext_lazy("item-item"),
    "ease": gettext_lazy("EASE"),
    "als": gettext_lazy("ALS"),
    "popularity": gettext_lazy("popularity"),
    "recent popularity": gettext_lazy("popularity of the last 28 days"),
    "own frequency": gettext_lazy("own frequency (buy again)"),
    "chosen": gettext_lazy("the model in force"),
}
LACKING = {
    "customers": gettext_lazy("customers who bought"),
    "orders": gettext_lazy("orders"),
    "products": gettext_lazy("products with five buyers"),
    "days": gettext_lazy("days of history"),
}


def title(product: Product) -> str:
    """The product's title; where nobody told one, what order lines say: category, brand and code."""
    if product.titles:
        return formats.in_language(product.titles)
    category = category_label(product.category, formats.language())
    parts = (category[:1].upper() + category[1:], product.brand, product.pk)
    return " · ".join(part for part in parts if part)


def short(product: Product) -> str:
    """The product inside a sentence: its title, else its category, else its code."""
    return title(product) if product.titles else category(product.category) or product.pk


def category(code: str) -> str:
    """The name of a category."""
    return category_label(code, formats.language())


def tell(reason: Reason, products: Mapping[str, Product]) -> str:
    """One sentence to the customer. `products` has the product a reason names."""
    if reason.kind == "again" and reason.every is not None and reason.since is not None:
        every = _("You buy it each day") if reason.every == 1 else (
            _("You buy it every %(days)s days") % {"days": formats.number(reason.every)}
        )  # fmt: skip
        last = ngettext("last time %(days)s day ago", "last time %(days)s days ago", reason.since)
        return _("%(every)s; %(last)s.") % {
            "every": every, "last": last % {"days": formats.number(reason.since)},
        }  # fmt: skip
    values: dict[str, Any] = {"day": formats.day(reason.at), "category": category(reason.category)}
    if reason.kind == "with":
        values["other"] = short(products[reason.other])
    if reason.kind == "guide":
        values["answers"] = ", ".join(formats.in_language(one) for one in reason.answers)
    return str(_SENTENCES[reason.kind]) % values


def both(product: Product, reason: Reason, products: Mapping[str, Product]) -> dict[str, dict[str, str]]:
    """Title and reason in every language of the product, for programs."""
    found: dict[str, dict[str, str]] = {"title": {}, "reason": {}}
    for code, _name in settings.LANGUAGES:
        with translation.override(code):
            found["title"][code], found["reason"][code] = title(product), tell(reason, products)
    return found


_SENTENCES = {
    "again": gettext_lazy("You bought it on %(day)s."),
    "with": gettext_lazy("Often bought with %(other)s, which you bought on %(day)s."),
    "taste": gettext_lazy("You often buy %(category)s."),
    "viewed": gettext_lazy("You looked at it on %(day)s."),
    "interest": gettext_lazy("You take an interest in %(category)s."),
    "guide": gettext_lazy("Fits what you told us: %(answers)s."),
    "popular": gettext_lazy("Many customers buy it at present."),
}
