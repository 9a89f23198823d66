"""How a relation reads from each side, and which way round it is kept. Pure."""

from __future__ import annotations

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

BOTH_WAYS = frozenset({"household"})
FORWARD: dict[str, str | Promise] = {
    "household": _("Lives with"),
    "gave_to": _("Gave a present to"),
    "referred": _("Referred"),
    "works_for": _("Works for"),
    "parent_of": _("Parent of"),
    "other": _("Knows"),
}
BACKWARD: dict[str, str | Promise] = {
    "household": _("Lives with"),
    "gave_to": _("Got a present from"),
    "referred": _("Was referred by"),
    "works_for": _("Employs"),
    "parent_of": _("Child of"),
    "other": _("Is known by"),
}


def ordered(kind: str, one: int, other: int) -> tuple[int, int]:
    """The two as they are kept: a household has no direction."""
    return (min(one, other), max(one, other)) if kind in BOTH_WAYS else (one, other)
