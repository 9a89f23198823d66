"""The list of customers, narrowed to a stage of the life cycle."""

from __future__ import annotations

from datetime import date
from urllib.parse import urlencode

from django.db.models import Q
from django.db.models.expressions import RawSQL
from django.urls import reverse
from django.utils.translation import gettext as said
from django.utils.translation import gettext_lazy as _

from cordiale import clock
from cordiale.company import company
from cordiale.customers import filters
from cordiale.errors import CordialeError
from cordiale.insight import queries, texts
from cordiale.insight.rules.lifecycle import STAGES
from cordiale.ui import formats
from cordiale.ui.context import present


def register() -> None:
    """Called once, when Django is ready."""
    filters.register(filters.Filter("stage", 10, _("Life-cycle stage"), _options, _in_stage, _on_a_day))


def _options() -> list[tuple[str, str]]:
    known = texts.stages(queries.lifecycle())
    return [(name, known[name].title) for name in STAGES]


def _in_stage(stage: str) -> Q:
    return _among(queries.customers_in_stage(stage))


def _on_a_day(stage: str, day: date) -> filters.OnADay:
    """Who was in a stage on `day`, or on the nearest day kept. Raises CordialeError for a day to come."""
    if day > clock.local_day(present(), company().zone):
        raise CordialeError(said("This day is still to come; choose today or an earlier one."))
    kept = queries.traits_on(day).day
    told = {"stage": dict(_options())[stage], "day": formats.day(kept)}
    days = {"day": formats.day(day), "nearest": formats.day(kept)}
    return filters.OnADay(
        where=_among(queries.customers_in_stage(stage, kept)),
        told=said("%(stage)s on %(day)s") % told,
        note="" if kept == day else said("%(day)s was not computed; the nearest day kept is %(nearest)s.") % days,
        url=f"{reverse('insight:days')}?{urlencode({'day': day, 'stage': stage})}",
    )


def _among(customers: list[int]) -> Q:
    """One array, not a list of parameters: a stage may hold half a million customers."""
    return Q(pk__in=RawSQL("select unnest(%s::bigint[])", [customers]))
