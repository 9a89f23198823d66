"""The list of customers, narrowed to a stage of the life cycle."""

from __future__ import annotations

from django.db.models import Q
from django.db.models.expressions import RawSQL
from django.utils.translation import gettext_lazy as _

from cordiale.customers import filters
from cordiale.insight import queries, texts
from cordiale.insight.rules.lifecycle import STAGES


def register() -> None:
    """Called once, when Django is ready."""
    filters.register(filters.Filter("stage", 10, _("Life-cycle stage"), _options, _in_stage))


def _options() -> list[tuple[str, str]]:
    known = texts.stages(queries.lifecycle())
    return [(name, known[name].title) for name in STAGES]


def _in_stage(stage: str) -> Q:
    """One array, not a list of parameters: a stage may hold half a million customers."""
    return Q(pk__in=RawSQL("select unnest(%s::bigint[])", [queries.customers_in_stage(stage)]))
