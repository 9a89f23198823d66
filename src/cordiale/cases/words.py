"""Cases in the reader's language: states, times, figures with their definitions."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext, pgettext, pgettext_lazy

from cordiale.cases.categories import categories
from cordiale.cases.models import Case, Channel, Priority, State
from cordiale.cases.queries import Figures
from cordiale.cases.rules import hours
from cordiale.ui import formats

VERBS = {
    "open": pgettext_lazy("case history", "opened it"),
    "assign": pgettext_lazy("case history", "assigned it"),
    "classify": pgettext_lazy("case history", "changed category or priority"),
    "internal": pgettext_lazy("case history", "wrote an internal note"),
    "answer": pgettext_lazy("case history", "kept an answer"),
    "reply": pgettext_lazy("case history", "kept the customer’s words"),
    "resolve": pgettext_lazy("case history", "resolved it"),
    "reopen": pgettext_lazy("case history", "reopened it"),
    "rate": pgettext_lazy("case history", "kept the satisfaction"),
}
_BADGES = {State.OPEN: "warning", State.WAITING: "info", State.RESOLVED: "ok"}
_TABS = {
    "all": gettext_lazy("All open"),
    "mine": gettext_lazy("Mine"),
    "unassigned": gettext_lazy("Unassigned"),
    "resolved": gettext_lazy("Resolved"),
}


def category(code: str) -> str:
    """The title of a category; the code where the company dropped it."""
    return formats.in_language(categories().get(code, {})) or code


def channel(code: str) -> str:
    """The name of a channel."""
    return str(Channel(code).label) if code in Channel.values else code


def duration(value: float | None) -> str:
    """Hours as a person says them: minutes below one, days from two."""
    if value is None:
        return formats.NOTHING
    if value < 1:
        minutes = round(value * 60)
        return ngettext("%(many)s min", "%(many)s min", minutes) % {"many": formats.number(minutes)}
    if value < 48:
        shown = formats.number(value, 0 if value >= 10 or value == int(value) else 1)
        return _("%(many)s h") % {"many": shown}
    return formats.days(value / 24)


def in_list(case: Case, now: datetime) -> dict[str, Any]:
    """A case as lists and panels draw it; `waits` says how long the customer has been waiting for us."""
    return {
        "case": case,
        "number": case.pk,
        "url": reverse("cases:case", args=[case.pk]),
        "subject": case.subject or _("Erased"),
        "category": category(case.category),
        "channel": channel(case.channel),
        "state": State(case.state).label,
        "badge": _BADGES[State(case.state)],
        "priority": Priority(case.priority).label,
        "is_urgent": case.priority == Priority.HIGH,
        "waits": duration(hours(case.waiting_since, now)) if case.waiting_since else "",
        "took": duration(hours(case.opened_at, case.resolved_at)) if case.resolved_at else "",
    }


def times(case: Case, now: datetime) -> list[tuple[str, str]]:
    """The moments of a case, each with how long it took."""
    shown = [(_("Opened"), formats.instant(case.opened_at))]
    first, resolved = case.first_answer_at, case.resolved_at
    shown.append((_("First answer"), _after(case, first) if first else _("not yet")))
    if resolved:
        shown.append((pgettext("case time", "Resolved"), _after(case, resolved)))
    elif case.waiting_since:
        shown.append((_("Waits for us"), duration(hours(case.waiting_since, now))))
    return shown


def tabs(counted: Mapping[str, int]) -> list[tuple[str, str, int]]:
    """Name, title, number of cases."""
    return [(name, str(title), counted[name]) for name, title in _TABS.items()]


def figures(found: Figures) -> list[dict[str, str]]:
    """The figures at the head of the inbox, for `{% kpi %}`."""
    period = _("last 30 days")
    return [
        {
            "label": _("Open cases"), "value": formats.number(found.open), "period": _("at present"),
            "change": _("%(number)s wait for us") % {"number": formats.number(found.our_turn)},
            "definition": _("Cases that are not resolved, whoever’s turn it is."),
        },
        {
            "label": _("First answer"), "value": duration(found.first_answer_hours), "period": period,
            "definition": _("Median time from the opening of a case to our first answer, over the cases first answered"
                            " in the period. Nights and weekends count."),
        },
        {
            "label": _("Resolution"), "value": duration(found.resolution_hours), "period": period,
            "definition": _("Median time from the opening of a case to its resolution, over the cases resolved in the"
                            " period. Nights and weekends count."),
        },
        {
            "label": _("Satisfaction"), "period": period,
            "value": formats.NOTHING if found.satisfaction is None
            else _("%(score)s of 5") % {"score": formats.number(found.satisfaction, 1)},
            "change": ngettext("%(number)s rating", "%(number)s ratings", found.ratings)
            % {"number": formats.number(found.ratings)},
            "definition": _("Mean of the ratings from 1 to 5 that customers gave to their cases in the period."),
        },
    ]  # fmt: skip


def _after(case: Case, moment: datetime) -> str:
    return _("%(moment)s, after %(duration)s") % {
        "moment": formats.instant(moment), "duration": duration(hours(case.opened_at, moment)),
    }  # fmt: skip
