"""What the parts and fields of an export are called, for people who never saw our tables."""

from __future__ import annotations

from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

PARTS: dict[str, str | Promise] = {
    "profile": gettext_lazy("Who you are"),
    "customers": gettext_lazy("Who you are, and who told us"),
    "submissions": gettext_lazy("What we were told, by whom and when"),
    "identity": gettext_lazy("What we recognise you by"),
    "relations": gettext_lazy("People and organisations you are related to"),
    "consent": gettext_lazy("What you allowed and refused"),
    "order_lines": gettext_lazy("What you bought and returned"),
    "orders": gettext_lazy("Your orders"),
    "events": gettext_lazy("What you did on our pages and elsewhere"),
    "answers": gettext_lazy("What you answered to our surveys"),
    "messages": gettext_lazy("What became of our messages"),
    "deliveries": gettext_lazy("The messages we planned for you"),
    "decisions": gettext_lazy("Why we wrote to you, or did not"),
    "programmes": gettext_lazy("The programmes you took part in"),
    "segments": gettext_lazy("The groups we counted you in"),
    "traits": gettext_lazy("What we worked out from all this"),
    "cases": gettext_lazy("Your requests and how we handled them"),
    "imports": gettext_lazy("The files that named you"),
    "intake": gettext_lazy("What has just arrived"),
    "connectors": gettext_lazy("What shops told us"),
    "webhooks": gettext_lazy("What we told other systems"),
    "duplicates": gettext_lazy("Records we compared with yours"),
    "rights": gettext_lazy("Your requests about your data"),
}


def part(name: str) -> str:
    """The title of a part; its name where it has none."""
    return str(PARTS.get(name, name.replace("_", " ")))


def field(name: str) -> str:
    """A field's name without underscores."""
    return name.replace("_", " ").replace(".", " · ")


def letter() -> list[str]:
    """What goes with the data (RGPD art. 15(1)): why they are kept, and what the person may do."""
    return [
        _(
            "This document holds what we keep about you. We use it to serve your purchases, to write to you where you"
            " allowed it, and to measure whether that was worth your while."
        ),
        _(
            "You may have it corrected, restricted or erased, object to marketing at any time without a reason, and"
            " take it elsewhere: the JSON and CSV files that go with this document are made for that. Write to us, or"
            " use the link at the end of any of our messages."
        ),
        _("You may also complain to the supervisory authority; in France that is the CNIL."),
    ]
