"""What programmes add to lower packages: reasons, uses of segments, a line of the first-day list."""

from __future__ import annotations

from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from cordiale.decisions import queries as decisions
from cordiale.programmes import queries
from cordiale.programmes.models import Programme, Status
from cordiale.programmes.why_not import why_not
from cordiale.segments import uses
from cordiale.ui import first_day, formats


def register() -> None:
    """Called once, when Django is ready."""
    decisions.register_why_not(why_not)
    uses.register("programmes", using)
    first_day.register(first_day.Step("programmes", 40, _("Start a programme"), "/programmes/", _is_any_live))


def using(segment: str) -> list[uses.Use]:
    """The programmes that need a segment."""
    return [
        uses.Use(title=formats.in_language(title), url=reverse("programmes:show", args=[name]))
        for name, title in queries.using_segment(segment)
    ]


def _is_any_live() -> bool:
    return Programme.objects.filter(status=Status.LIVE).exists()
