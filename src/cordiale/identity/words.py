"""Identifiers and conflicts in the reader's language."""

from __future__ import annotations

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

KINDS: dict[str, str | Promise] = {
    "reference": _("Reference"),
    "card": _("Loyalty card"),
    "email": _("Email address"),
    "phone": _("Phone"),
}
REASONS: dict[str, str | Promise] = {
    "names": _("The names are those of two people."),
    "two customers": _("A stronger identifier on the same row points to the other customer."),
    "too many": _("Too many references share this value: it no longer says who somebody is."),
}
