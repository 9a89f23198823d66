"""What cases add to other pages: a customer's open cases and history, those that wait on the dashboard."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from django.db.models import Count
from django.http import HttpRequest
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, pgettext

from cordiale.accounts.permissions import may
from cordiale.cases import queries, words
from cordiale.cases.flushing import SOURCE
from cordiale.cases.models import Case, Channel, State
from cordiale.cases.rules import hours
from cordiale.customers import sections, timeline
from cordiale.customers.models import Customer
from cordiale.ui import formats, panels
from cordiale.ui.context import present

_SHOWN = 5


def register() -> None:
    """Called once, when Django is ready."""
    panels.register("customer", panels.Panel("cases", 10, "side", customer_cases))
    panels.register("dashboard", panels.Panel("cases", 40, "side", waiting))
    sections.register("cases", section)
    timeline.register(
        timeline.Kind(
            name="case",
            order=50,
            label=gettext_lazy("Cases"),
            entries=entries,
            counts=counts,
            sources=(SOURCE,),
            channels=Channel.choices,
        )
    )


def customer_cases(request: HttpRequest, customer: Customer) -> panels.Content | None:
    """What is open, and the way to open another."""
    role, now = getattr(request.user, "role", ""), present()
    if not may(role, "cases.see"):
        return None
    found = queries.of_customer(customer.pk).exclude(state=State.RESOLVED)[:_SHOWN]
    context = {
        "customer": customer,
        "rows": [words.in_list(one, now) for one in found],
        "may_edit": may(role, "cases.edit"),
    }
    return panels.Content("cases/_customer.html", context)


def waiting(request: HttpRequest, _subject: Any) -> panels.Content | None:
    """Who waits longest for us; nothing where no case was ever opened."""
    user, now = request.user, present()
    if not may(getattr(user, "role", ""), "cases.see") or not Case.objects.exists():
        return None
    found = queries.inbox(queries.Filters())
    mine = queries.counts(user)["mine"]  # type: ignore[arg-type] # a role was just found: a member of staff
    kpis = [
        _kpi(_("Wait for us"), found.filter(waiting_since__isnull=False).count(), "all",
             _("Open cases in which it is our turn.")),
        _kpi(_("Yours"), mine, "mine", _("Open cases that you handle.")),
    ]  # fmt: skip
    rows = [words.in_list(one, now) for one in found.filter(waiting_since__isnull=False)[:_SHOWN]]
    return panels.Content("cases/_dashboard.html", {"kpis": kpis, "rows": rows})


def entries(asked: timeline.Asked) -> list[timeline.Entry]:
    """Cases by when they were opened."""
    found = queries.of_customer(asked.customer_id)
    if asked.channel:
        found = found.filter(channel=asked.channel)
    return [_entry(one) for one in timeline.page(found, asked, "case", "opened_at")]


def counts(asked: timeline.Asked) -> Mapping[str, int]:
    """How many cases came through each channel."""
    found = timeline.within(Case.objects.filter(customer_id=asked.customer_id), asked, "opened_at")
    return dict(found.values_list("channel").annotate(many=Count("id")))


def section(customer: Customer, now: datetime) -> list[dict[str, Any]] | None:
    """For `customers show`."""
    found = queries.of_customer(customer.pk)[:_SHOWN]
    return [
        {"number": one.pk, "subject": one.subject, "state": one.state, "opened_at": one.opened_at} for one in found
    ] or None


def _entry(case: Case) -> timeline.Entry:
    shown = words.in_list(case, case.updated_at)
    parts = [shown["category"], shown["channel"]]
    if case.first_answer_at:
        parts.append(
            _("answered after %(time)s") % {"time": words.duration(hours(case.opened_at, case.first_answer_at))}
        )
    if shown["took"]:
        parts.append(pgettext("case", "resolved after %(time)s") % {"time": shown["took"]})
    if case.satisfaction:
        parts.append(_("satisfaction %(score)s of 5") % {"score": case.satisfaction})
    return timeline.Entry(
        kind="case",
        key=timeline.key(case.pk),
        at=case.opened_at,
        icon="headset",
        title=shown["subject"],
        url=shown["url"],
        channel=case.channel,
        detail=" · ".join(parts),
        badges=(timeline.Badge(shown["badge"], str(shown["state"])),),
    )


def _kpi(label: str, value: int, tab: str, definition: str) -> dict[str, str]:
    return {
        "label": label, "value": formats.number(value), "definition": definition, "period": _("at present"),
        "url": f"{reverse('cases:list')}?tab={tab}",
    }  # fmt: skip
