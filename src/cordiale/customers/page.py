"""The page of one customer."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime, timedelta
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from cordiale import clock
from cordiale.accounts.permissions import may, requires
from cordiale.company import company
from cordiale.customers import profile, timeline
from cordiale.customers.models import Customer
from cordiale.errors import CordialeError
from cordiale.ui import formats, panels

_COLUMNS = ("header", "top", "main", "side")


@require_safe
@requires("customers.see")
def show(request: HttpRequest, customer_id: int) -> HttpResponse:
    """Everything known of one customer; other packages add their panels to the page `customer`.

    Of a customer who was found to be another one, only a sentence that leads there.
    """
    customer = get_object_or_404(Customer.everyone.select_related("merged_into"), id=customer_id)
    if customer.merged_into is not None:
        is_erased = customer.merged_into_id == customer.pk
        return render(request, "customers/gone.html", {"customer": customer, "is_erased": is_erased})
    columns = {f"in_{name}": panels.render("customer", request, customer, column=name) for name in _COLUMNS}
    context = {
        "customer": customer,
        "values": profile.values(customer),
        "declared": profile.declared(customer),
        "may_edit": may(getattr(request.user, "role", ""), "customers.edit"),
        "contents": panels.contents("customer", columns["in_main"]),
        **columns,
        **_timeline(request.GET.dict(), customer.pk),
    }
    return render(request, "customers/customer.html", context)


def _timeline(given: Mapping[str, Any], customer_id: int) -> dict[str, Any]:
    """The part of the page that `kind`, `channel`, `since`, `until` and `after` of the address choose."""
    kinds = {kind.name: kind for kind in timeline.kinds()}
    kind = given.get("kind", "") if given.get("kind", "") in kinds else ""
    since, until, problem = _bounds(given)
    asked = timeline.Asked(
        customer_id=customer_id, kind=kind, channel=given.get("channel", "")[:40],
        after=timeline.Position.parse(given.get("after", "")), since=since, until=until,
    )  # fmt: skip
    found = timeline.read(asked)
    return {
        "entries": found.entries,
        "kind": kind,
        "tabs": _tabs(kinds, found.counts, asked.channel),
        "channels": _channels(found.counts, asked.channel),
        "channel": asked.channel,
        "since": _kept(given.get("since", "")),
        "until": _kept(given.get("until", "")),
        "problem": problem,
        "is_narrowed": bool(kind or asked.channel or asked.since or asked.until),
        "is_later_page": asked.after is not None,
        "older": str(found.next) if found.next else "",
        "channel_names": timeline.channels(),
    }


def _tabs(
    kinds: Mapping[str, timeline.Kind], counts: Mapping[str, Mapping[str, int]], channel: str
) -> list[tuple[str, str, int]]:
    totals = {name: sum(many for code, many in counts.get(name, {}).items() if channel in ("", code)) for name in kinds}
    tabs = [(name, str(kind.label), totals[name]) for name, kind in kinds.items()]
    return [("", _("Everything"), sum(totals.values())), *tabs]


def _channels(counts: Mapping[str, Mapping[str, int]], chosen: str) -> list[tuple[str, str]]:
    codes = {code for kind in counts.values() for code in kind if code} | ({chosen} if chosen else set())
    names = timeline.channels()
    return sorted(((code, channel_name(code, names)) for code in codes), key=lambda one: one[1].casefold())


def channel_name(code: str, names: Mapping[str, Any]) -> str:
    """A channel in the page's language, by its first letter's capital; the code where nobody named it."""
    name = str(names[code]) if code in names else formats.channel(code)
    return name[:1].upper() + name[1:]


def _bounds(given: Mapping[str, Any]) -> tuple[datetime | None, datetime | None, str]:
    """The days `since` and `until` (both included) as instants on the company's clock, and what is wrong with them."""
    zone = company().zone
    try:
        since, until = _day(given.get("since", "")), _day(given.get("until", ""))
    except CordialeError as error:
        return None, None, str(error)
    if since and until and until < since:
        return None, None, _("The first day comes after the last; exchange them.")
    opens = clock.start_of_day(since, zone) if since else None
    return opens, clock.start_of_day(until + timedelta(days=1), zone) if until else None, ""


def _kept(text: str) -> str:
    """What a field for a day can hold again: a text that is none is quoted beside it."""
    try:
        return date.fromisoformat(text).isoformat()
    except ValueError:
        return ""


def _day(text: str) -> date | None:
    try:
        day = date.fromisoformat(text) if text else None
    except ValueError:
        day = date.min
    if day is not None and not 1900 <= day.year <= 9000:
        raise CordialeError(_("“%(text)s” is not a day; write it as 2026-11-22.") % {"text": text[:20]})
    return day
