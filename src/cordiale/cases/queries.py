"""Reads of cases: the inbox, its figures, one case, a customer's."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db import connection
from django.db.models import F, Q, QuerySet
from django.utils.translation import gettext as _

from cordiale.accounts.models import Staff
from cordiale.accounts.permissions import MATRIX
from cordiale.cases.models import Case, State
from cordiale.customers import queries as customers
from cordiale.errors import NotFound

PERIOD = timedelta(days=30)
TABS = ("all", "mine", "unassigned", "resolved")
_FOUND_AT_MOST = 5_000
_FIGURES = """
select (select count(*) from cases_case where state <> 'resolved'),
       (select count(*) from cases_case where waiting_since is not null),
       (select extract(epoch from percentile_cont(0.5) within group (order by first_answer_at - opened_at)) / 3600
        from cases_case where first_answer_at > %(since)s and first_answer_at <= %(now)s),
       (select extract(epoch from percentile_cont(0.5) within group (order by resolved_at - opened_at)) / 3600
        from cases_case where resolved_at > %(since)s and resolved_at <= %(now)s),
       (select avg(satisfaction) from cases_case where rated_at > %(since)s and rated_at <= %(now)s),
       (select count(*) from cases_case where rated_at > %(since)s and rated_at <= %(now)s)
"""


@dataclass(frozen=True, kw_only=True)
class Figures:
    """The inbox in numbers: now, and over PERIOD. Hours are None where nothing was answered or resolved."""

    open: int
    our_turn: int
    first_answer_hours: float | None
    resolution_hours: float | None
    satisfaction: float | None
    ratings: int


@dataclass(frozen=True, kw_only=True)
class Filters:
    """What the inbox shows; empty means all. `text` is a number, words of the subject, or who the customer is."""

    tab: str = "all"
    category: str = ""
    channel: str = ""
    priority: str = ""
    text: str = ""


def inbox(filters: Filters, staff: Staff | None = None) -> QuerySet[Case]:
    """Cases for the inbox: who waits longest first, those waiting for the customer last; resolved ones newest first."""
    found = _tab(filters.tab, staff).select_related("customer", "handler")
    for name in ("category", "channel", "priority"):
        if value := getattr(filters, name):
            found = found.filter(**{name: value}) if name != "priority" or value.isdecimal() else found.none()
    if filters.text:
        found = found.filter(_matching(filters.text))
    if filters.tab == "resolved":
        return found.order_by("-resolved_at", "-id")
    return found.order_by(F("waiting_since").asc(nulls_last=True), "opened_at", "id")


def _tab(name: str, staff: Staff | None) -> QuerySet[Case]:
    if name == "resolved":
        return Case.objects.filter(state=State.RESOLVED)
    found = Case.objects.exclude(state=State.RESOLVED)
    if name == "mine":
        return found.filter(handler=staff) if staff else found.none()
    return found.filter(handler=None) if name == "unassigned" else found


def _matching(text: str) -> Q:
    people = customers.matching(text, _FOUND_AT_MOST).values("id")
    condition = Q(subject__icontains=text) | Q(customer__in=people)
    number = text.removeprefix("#")
    return condition | Q(pk=int(number)) if number.isdecimal() and len(number) < 10 else condition


def counts(staff: Staff) -> dict[str, int]:
    """How many cases each tab holds."""
    return {name: _tab(name, staff).count() for name in TABS}


def figures(now: datetime) -> Figures:
    """The figures at `now`."""
    with connection.cursor() as cursor:
        cursor.execute(_FIGURES, {"now": now, "since": now - PERIOD})
        open_, ours, first, resolution, satisfaction, ratings = cursor.fetchone()
    return Figures(
        open=open_,
        our_turn=ours,
        first_answer_hours=_float(first),
        resolution_hours=_float(resolution),
        satisfaction=_float(satisfaction),
        ratings=ratings,
    )


def get_case(number: int) -> Case:
    """The case with that number, with customer and handler. Raises NotFound."""
    found = Case.objects.select_related("customer", "handler").filter(pk=number).first() if number < 2**63 else None
    if found is None:
        raise NotFound(_("There is no case with the number %(number)s.") % {"number": number})
    return found


def of_customer(customer_id: int) -> QuerySet[Case]:
    """A customer's cases, newest first."""
    return Case.objects.filter(customer_id=customer_id).select_related("handler").order_by("-opened_at", "-id")


def handlers() -> QuerySet[Staff]:
    """Who may be given a case."""
    return Staff.objects.filter(is_active=True, role__in=MATRIX["cases.edit"]).order_by("name", "email")


def _float(value: object) -> float | None:
    return None if value is None else float(str(value))
