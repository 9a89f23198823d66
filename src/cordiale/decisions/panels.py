"""What decisions add to the customer's page."""

from __future__ import annotations

from django.http import HttpRequest
from django.utils.translation import gettext_lazy

from cordiale.customers.models import Customer
from cordiale.decisions import history, queries
from cordiale.decisions.views import shown
from cordiale.ui import panels
from cordiale.ui.context import present

_SHOWN = 20


def register() -> None:
    """Called once, when Django is ready."""
    panels.register("customer", panels.Panel("decisions", 20, "main", why, gettext_lazy("Why, why not?"), "why"))
    history.register()


def why(request: HttpRequest, customer: Customer) -> panels.Content | None:
    """Why and why not, of all programmes or of the one chosen in the address."""
    if not getattr(request.user, "may", lambda verb: False)("decisions.see"):
        return None
    everything = queries.explain(customer.pk, present())
    named = [story.programme for story in everything.proposals] + [one.programme for one in everything.why_not]
    programmes = sorted(set(named))
    chosen = request.GET.get("why", "")
    stories = [one for one in everything.proposals if chosen in ("", one.programme)]
    context = {
        "customer": customer,
        "programmes": programmes,
        "chosen": chosen if chosen in programmes else "",
        "why_not": [one for one in everything.why_not if chosen in ("", one.programme)],
        "stories": [shown(story) for story in stories[:_SHOWN]],
        "more": len(stories) > _SHOWN,
    }
    return panels.Content("decisions/_customer.html", context)
