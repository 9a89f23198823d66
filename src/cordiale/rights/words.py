"""What the parts and fields of an export are called, for people who never saw our tables."""

from __future__ import annotations

from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

PARTS: dict[str, str | Promise] = {
    "customers": gettext_lazy("Profile, and who told us what"),
    "identity": gettext_lazy("Identifiers"),
    "relations": gettext_lazy("Relations with other people"),
    "consent": gettext_lazy("Consents, with their proof"),
    "order_lines": gettext_lazy("Purchases and returns"),
    "orders": gettext_lazy("Orders as we were told of them"),
    "events": gettext_lazy("Visits and other events"),
    "answers": gettext_lazy("Survey answers"),
    "messages": gettext_lazy("What became of our messages"),
    "deliveries": gettext_lazy("Messages planned"),
    "decisions": gettext_lazy("Why a message was sent, or not"),
    "programmes": gettext_lazy("Programmes taken part in"),
    "segments": gettext_lazy("Groups counted in"),
    "traits": gettext_lazy("Figures worked out from all this"),
    "cases": gettext_lazy("Service requests and their handling"),
    "imports": gettext_lazy("Imported files that named the person"),
    "intake": gettext_lazy("Events that have just arrived"),
    "connectors": gettext_lazy("What shops told us"),
    "deliveries of shops": gettext_lazy("What shops told us"),
    "webhooks": gettext_lazy("What other systems were told"),
    "duplicates": gettext_lazy("Records compared with this one"),
    "rights": gettext_lazy("Requests about personal data"),
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
