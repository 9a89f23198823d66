"""The scores on a customer's page."""

from __future__ import annotations

from django.http import HttpRequest
from django.utils.translation import gettext_lazy

from cordiale.accounts.permissions import may
from cordiale.customers.models import Customer
from cordiale.scores import definitions, telling
from cordiale.ui.panels import Content, Panel, register


def customer_scores(request: HttpRequest, customer: Customer) -> Content | None:
    """Every score of the customer with what moved it; nothing where no score is declared."""
    if not definitions.scores():
        return None
    return Content("scores/_customer.html", {
        "told": telling.scores_of(customer), "is_restricted": customer.restricted_at is not None,
        "may_see": may(getattr(request.user, "role", ""), "insight.see"),
    })  # fmt: skip


def register_panels() -> None:
    """Called once, when Django is ready."""
    register("customer", Panel("scores", 16, "main", customer_scores, gettext_lazy("Scores"), "scores"))
