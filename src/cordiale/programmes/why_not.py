"""Why a customer is not in a programme that runs."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import datetime
from typing import Any

from django.db.models import Max
from django.utils.translation import gettext as _

from cordiale.customers.models import Customer
from cordiale.decisions.queries import WhyNot
from cordiale.errors import CordialeError
from cordiale.identity.queries import family
from cordiale.programmes import queries, words
from cordiale.programmes.models import Enrolment, Programme
from cordiale.programmes.rules.spec import ProgrammeSpec
from cordiale.segments import queries as segments
from cordiale.segments.models import Membership, Segment
from cordiale.segments.queries.explanation import RuleResult, explain
from cordiale.ui import formats


def why_not(customer_id: int, now: datetime) -> Iterator[WhyNot]:
    """One answer for each live programme this customer does not walk in now."""
    inside = set(Enrolment.objects.filter(customer_id=customer_id, exited_at=None).values_list("programme", flat=True))
    for programme in queries.live():
        if programme.pk not in inside and programme.current is not None:
            yield _answer(programme, queries.spec_of(programme.current), customer_id, now)


def _answer(programme: Programme, spec: ProgrammeSpec, customer_id: int, now: datetime) -> WhyNot:
    reasons = (*_restricted(customer_id), *_walked(programme, spec, customer_id, now), *_panel(spec, customer_id, now))
    for rule, told, values in reasons:
        return WhyNot(programme=programme.name, rule=rule, words=told, values=values)
    told = _("Nothing triggered an entry since the programme started on %(day)s: %(entry)s.") % {
        "day": formats.instant(programme.started_at),
        "entry": words.entry(spec.entry),
    }
    return WhyNot(programme=programme.name, rule="not-triggered", words=told)


Reason = tuple[str, str, dict[str, Any]]


def _restricted(customer_id: int) -> Iterable[Reason]:
    if Customer.objects.filter(id=customer_id, restricted_at__isnull=False).exists():
        yield "restricted", _("The customer asked for restriction of processing: no programme takes them in."), {}


def _walked(programme: Programme, spec: ProgrammeSpec, customer_id: int, now: datetime) -> Iterable[Reason]:
    walks = Enrolment.objects.filter(programme=programme, customer_id__in=family(customer_id))
    last = walks.aggregate(last=Max("entered_at"))["last"]
    if last is None:
        return
    values = {"last_entry": last.isoformat()}
    if not spec.reentry.allowed:
        told = _("Already went through it (entered on %(day)s), and nobody does twice.") % {"day": formats.day(last)}
        yield "already-walked", told, values
    elif last + spec.reentry.after > now:
        again = last + spec.reentry.after
        told = _("Already went through it (entered on %(day)s); may enter again from %(again)s.")
        yield (
            "re-entry",
            told % {"day": formats.day(last), "again": formats.day(again)},
            values | {"again_from": again.isoformat()},
        )


def _panel(spec: ProgrammeSpec, customer_id: int, now: datetime) -> Iterable[Reason]:
    member_of = set(
        Membership.objects.filter(customer_id=customer_id, left_at=None).values_list("segment__name", flat=True)
    )
    for name in spec.panel.exclude:
        if name in member_of:
            told = _("Excluded: in the segment “%(segment)s”.") % {"segment": name}
            yield "excluded", told, {"segment": name}
    if spec.panel.segment not in member_of:
        rules = _broken_rules(spec.panel.segment, customer_id, now)
        told = _("Not in the panel’s segment “%(segment)s”.") % {"segment": spec.panel.segment}
        yield (
            "not-in-segment",
            " ".join([told, *(_rule_in_words(rule) for rule in rules)]),
            {"segment": spec.panel.segment, "rules": [{"rule": rule.text, "values": rule.values} for rule in rules]},
        )


def _broken_rules(name: str, customer_id: int, now: datetime) -> list[RuleResult]:
    """The leaves that do not hold; nothing where the segment cannot be explained now."""
    try:
        found = explain(segments.get_segment(name).expression, customer_id, now)
    except (CordialeError, Segment.DoesNotExist):
        return []
    return [rule for rule in found if rule.shape == "rule" and not rule.held]


def _rule_in_words(rule: RuleResult) -> str:
    values = ", ".join(f"{name} = {_shown(value)}" for name, value in rule.values.items())
    if not values:
        return _("Does not hold: %(rule)s.") % {"rule": rule.text}
    return _("Does not hold: %(rule)s (%(values)s).") % {"rule": rule.text, "values": values}


def _shown(value: Any) -> str:
    if value is None:
        return _("unknown")
    if isinstance(value, datetime):
        return formats.instant(value)
    if isinstance(value, bool):
        return formats.yes_no(value)
    return formats.number(value) if isinstance(value, int | float) else str(value)
