"""The list of customers, narrowed to a segment."""

from __future__ import annotations

from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from cordiale.customers import filters
from cordiale.segments.models import Segment
from cordiale.segments.queries.consents import standing
from cordiale.ui import formats


def register() -> None:
    """Called once, when Django is ready."""
    filters.register(filters.Filter("segment", 20, _("Segment"), _options, _members))


def _options() -> list[tuple[str, str]]:
    segments = Segment.objects.order_by("name").values_list("name", "title")
    return [(name, formats.in_language(title) or name) for name, title in segments]


def _members(name: str) -> Q:
    """Those in it at the last refresh who have not withdrawn a consent it asks for since."""
    text = Segment.objects.filter(name=name).values_list("expression", flat=True).first()
    return Q(memberships__segment__name=name, memberships__left_at=None) & (standing(text) if text else Q())
