"""Which programmes ask for a trait in a condition: one that is asked for is not retired, and its page says where."""

from __future__ import annotations

from django.db.models import Q
from django.urls import reverse
from django.utils.translation import gettext as _

from cordiale.insight import uses
from cordiale.programmes import queries
from cordiale.programmes.models import Programme, ProgrammeVersion, Status
from cordiale.programmes.rules.spec import If, stops
from cordiale.segments.queries import parse
from cordiale.segments.rules import BadExpression
from cordiale.segments.traits import names
from cordiale.ui import formats


def register() -> None:
    """Called once, when Django is ready."""
    uses.register("programmes", using)


def using(trait: str) -> list[uses.Use]:
    """The programmes, but those that have ended, with a condition about the trait in a version in force.

    In force is the current version, and every one that people are still inside of.
    """
    inside = ProgrammeVersion.objects.filter(enrolment__exited_at=None).exclude(enrolment=None)
    versions = ProgrammeVersion.objects.filter(Q(pk__in=inside) | Q(pk__in=Programme.objects.values("current")))
    found = {}
    for version in versions.exclude(programme__status=Status.ENDED).select_related("programme").order_by("number"):
        spec = queries.spec_of(version)
        if any(isinstance(stop.step, If) and _asks(stop.step.condition, trait) for stop in stops(spec.scenario)):
            found[version.programme.name] = spec.title
    return [
        uses.Use(
            title=_("the programme %(title)s") % {"title": formats.in_language(title)},
            url=reverse("programmes:show", args=[name]),
        )
        for name, title in sorted(found.items())
    ]


def _asks(condition: str, trait: str) -> bool:
    try:
        return names(parse(condition, in_scenario=True), trait)
    except BadExpression:  # it names what is gone already
        return False
