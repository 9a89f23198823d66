"""What customers add to the pages of `ui`."""

from __future__ import annotations

from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _

from cordiale.customers.models import Customer
from cordiale.ui import first_day, panels


def register() -> None:
    """Called once, when Django is ready."""
    first_day.register(
        first_day.Step("customers", 10, _("Load your customers"), "/customers/", Customer.objects.exists)
    )
    panels.register("dashboard", panels.Panel("customers-find", 5, "side", find))


def find(request: HttpRequest, subject: object) -> panels.Content | None:
    """A search field for whoever may see customers."""
    if not getattr(request.user, "may", lambda verb: False)("customers.see"):
        return None
    return panels.Content("customers/_find.html", {})
