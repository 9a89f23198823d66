"""The pages of segments: the list, and one segment."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import get_language
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from cordiale.accounts.access import staff_of
from cordiale.accounts.permissions import may, requires
from cordiale.customers.queries import get_customer
from cordiale.errors import CordialeError, NotFound, Refused
from cordiale.insight.queries import find_snapshot
from cordiale.segments import actions, queries
from cordiale.segments.models import Segment
from cordiale.segments.queries import listing
from cordiale.segments.queries.consents import standing
from cordiale.segments.queries.tending import owners, weekly_change
from cordiale.segments.rules import BadExpression
from cordiale.ui import formats, notices
from cordiale.ui.context import present

PAGE = 50
REVISIONS = 10


@require_safe
@requires("segments.see")
def index(request: HttpRequest) -> HttpResponse:
    """All segments, with size, share, sentence and where they are used."""
    page = Paginator(listing.list_segments(), PAGE).get_page(request.GET.get("page"))
    segments = list(page)
    latest = find_snapshot()
    said = listing.sentences([one.expression for one in segments], _language())
    used = listing.used_by([one.name for one in segments])
    changed, owned = weekly_change(segments, present()), owners(segments)
    rows = [
        {
            "segment": one, "share": _share(one, latest.customers if latest else 0), "sentence": words,
            "uses": used[one.name], "change": changed.get(one.pk, 0), "owner": owned.get(one.pk, ""),
        }
        for one, words in zip(segments, said, strict=True)
    ]  # fmt: skip
    return render(
        request, "segments/list.html", {"page": page, "rows": rows, "may_edit": _may(request, "segments.edit")}
    )


@require_safe
@requires("segments.see")
def segment(request: HttpRequest, name: str) -> HttpResponse:
    """One segment and everything known of it; `?customer=` tests somebody against it."""
    return render(request, "segments/segment.html", _context(request, queries.get_segment(name)))


@require_POST
@requires("segments.edit")
def delete(request: HttpRequest, name: str) -> HttpResponse:
    """Delete a segment that nothing uses, once its name was typed."""
    one = queries.get_segment(name)
    if request.POST.get("typed") != name:
        return _not_deleted(request, one, _("Type %(name)s to delete this segment.") % {"name": name})
    try:
        actions.delete_segment(name, actor=staff_of(request), now=present())
    except Refused as error:
        return _not_deleted(request, one, str(error))
    notices.add(request, _("The segment %(name)s is deleted.") % {"name": name})
    return redirect("segments:list")


def _not_deleted(request: HttpRequest, one: Segment, reason: str) -> HttpResponse:
    return render(request, "segments/segment.html", {**_context(request, one), "delete_problem": reason}, status=422)


def _context(request: HttpRequest, one: Segment) -> dict[str, Any]:
    latest = find_snapshot()
    now = present()
    weeks = listing.weekly_moves(one, now)
    stays = one.memberships.filter(standing(one.expression, "customer_id"), left_at=None)
    members = Paginator(stays.order_by("customer_id").select_related("customer"), PAGE)
    return {
        "segment": one, "may_edit": _may(request, "segments.edit"), "may_export": _may(request, "customers.export"),
        "sentence": listing.in_words(one.expression, _language()), "just_saved": _just_saved(request, one),
        "share": _share(one, latest.customers if latest else 0), "customers": latest.customers if latest else 0,
        "is_pending": one.evaluated_revision != one.revision, "owner": owners([one]).get(one.pk, ""),
        "reach": listing.reach(one), "members": members.get_page(request.GET.get("page")),
        "uses": listing.used_by([one.name])[one.name],
        "weeks": weeks, "moves": _moves(weeks), "sizes": _sizes(one, now),
        "revisions": one.revisions.order_by("-number")[:REVISIONS],
        "tested": request.GET.get("customer", ""), **_rules(one, now), **_tested(request, one, now),
    }  # fmt: skip


def _just_saved(request: HttpRequest, one: Segment) -> bool:
    if request.session.get("segment_saved") != one.name:
        return False
    del request.session["segment_saved"]
    return True


def _rules(one: Segment, now: datetime) -> dict[str, Any]:
    try:
        return {"rules": queries.count_rules(one.expression, now)}
    except (BadExpression, NotFound) as error:
        return {"rules_problem": str(error)}


def _tested(request: HttpRequest, one: Segment, now: datetime) -> dict[str, Any]:
    asked = request.GET.get("customer", "").strip()
    if not asked:
        return {}
    try:
        who = get_customer(asked)
        return {"who": who, "results": queries.explain(one.expression, who.pk, now)}
    except NotFound:
        return {"test_problem": _("No customer has this reference or number; find them in the list of customers.")}
    except CordialeError as error:
        return {"test_problem": str(error)}


def _moves(weeks: list[listing.Week]) -> dict[str, Any]:
    entered, left = sum(one.entered for one in weeks), sum(one.left for one in weeks)
    return {
        "labels": [formats.day(one.opens) for one in weeks],
        "series": [
            {"name": _("Came in"), "values": [one.entered for one in weeks]},
            {"name": _("Went out"), "values": [one.left for one in weeks]},
        ],
        "summary": _("In the last 8 weeks, %(entered)s came in and %(left)s went out.")
        % {"entered": formats.number(entered), "left": formats.number(left)},
    }


def _sizes(one: Segment, now: datetime) -> dict[str, Any]:
    """The size at the end of each of the last 90 days; empty where there is none yet."""
    days = queries.history(one.name, now) if one.evaluated_at else []
    if not days:
        return {}
    summary = _("From %(first)s on %(start)s to %(last)s on %(end)s; the most was %(most)s, the least %(least)s.") % {
        "first": formats.number(days[0].size), "start": formats.day(days[0].day),
        "last": formats.number(days[-1].size), "end": formats.day(days[-1].day),
        "most": formats.number(max(each.size for each in days)),
        "least": formats.number(min(each.size for each in days)),
    }  # fmt: skip
    series = [{"name": _("Customers"), "values": [each.size for each in days]}]
    return {"labels": [formats.day(each.day) for each in days], "series": series, "summary": summary}


def _share(one: Segment, customers: int) -> float | None:
    return one.size / customers if one.size is not None and customers else None


def _may(request: HttpRequest, verb: str) -> bool:
    return may(staff_of(request).role, verb)


def _language() -> str:
    return (get_language() or "fr")[:2]
