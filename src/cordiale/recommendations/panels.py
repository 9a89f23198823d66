"""What recommendations add to a customer's page and to `customers show`."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django.http import HttpRequest
from django.utils.translation import gettext_lazy

from cordiale.accounts.permissions import may
from cordiale.customers import sections
from cordiale.customers.models import Customer
from cordiale.recommendations import fits, links, queries, rulebooks, words
from cordiale.recommendations.queries import Affinity, Recommendation
from cordiale.ui import panels
from cordiale.ui.context import present

_SHOWN = 5


def register() -> None:
    """Called once, when Django is ready."""
    panel = panels.Panel(
        "recommendations", 20, "main", next_best, gettext_lazy("Next best products"), "recommendations"
    )
    panels.register("customer", panel)
    sections.register("recommendations", section)


def next_best(request: HttpRequest, customer: Customer) -> panels.Content | None:
    """What the customer may buy again, what is new to them, and what they care for."""
    role, now = getattr(request.user, "role", ""), present()
    if not may(role, "customers.see"):
        return None
    fit = fits.find_fit()
    lists: list[tuple[str, list[dict[str, Any]]]] = []
    if fit is not None and customer.restricted_at is None:
        found = queries.recommend_kinds([customer.pk], _SHOWN, now, ("again", "new"))
        lists = [(wanted, [_shown(one) for one in chosen[0]]) for wanted, chosen in found.items()]
    cared = queries.affinities([customer.pk], now)[0]
    context = {
        "customer": customer,
        "fit": fit,
        "lists": lists,
        "categories": [_affinity(words.category(one.name), one) for one in cared.categories],
        "topics": [_affinity(one.name, one) for one in cared.topics],
        "may_see": may(role, "insight.see"),
        "guides": list(rulebooks.guides().values()) if customer.restricted_at is None else [],
        "token": links.token(customer.pk),
    }
    return panels.Content("recommendations/_customer.html", context)


def section(customer: Customer, now: datetime) -> list[dict[str, Any]] | None:
    """For `customers show`."""
    chosen = queries.recommend([customer.pk], _SHOWN, now)[0]
    return [
        {"product": one.product.pk, "title": words.title(one.product), "why": words.tell(one.reason, one.others)}
        for one in chosen
    ] or None


def _shown(one: Recommendation) -> dict[str, Any]:
    return {
        "product": one.product, "title": words.title(one.product), "reason": words.tell(one.reason, one.others),
        "category": words.category(one.product.category),
    }  # fmt: skip


def _affinity(name: str, one: Affinity) -> dict[str, Any]:
    return {"name": name, "share": one.share, "bought": one.bought, "seen": one.seen}
