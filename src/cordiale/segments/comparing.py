"""The page of overlaps: which segments hold the same people."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from cordiale.accounts.permissions import requires
from cordiale.errors import CordialeError
from cordiale.segments import queries
from cordiale.segments.queries import listing
from cordiale.segments.queries.overlapping import Overlap
from cordiale.ui import formats
from cordiale.ui.context import present

MOST = 6
SHOWN = 30
OFFERED = 500


@require_safe
@requires("segments.see")
def overlap(request: HttpRequest) -> HttpResponse:
    """Choose 2 to 6 segments (`?s=`); see every combination anybody is in, and each pair."""
    titles = {one.name: formats.in_language(one.title) or one.name for one in listing.list_segments()[:OFFERED]}
    chosen = list(dict.fromkeys(request.GET.getlist("s")))
    context: dict[str, Any] = {"titles": titles, "chosen": chosen, "most": MOST}
    if "s" in request.GET:
        try:
            context |= _compared(chosen, titles)
        except CordialeError as error:
            context["problem"] = str(error)
    return render(request, "segments/overlap.html", context)


def _compared(chosen: list[str], titles: dict[str, str]) -> dict[str, Any]:
    if not 2 <= len(chosen) <= MOST:
        raise CordialeError(_("Choose 2 to %(most)s segments to compare.") % {"most": MOST})
    found = queries.overlap(chosen, present())
    largest = max((one.customers for one in found.intersections), default=1)
    rows = [
        {"marks": [name in one.names for name in chosen], "customers": one.customers,
         "share": one.customers / found.of if found.of else None,
         "words": _(" and ").join(titles.get(name, name) for name in one.names), "is_one": len(one.names) == 1}
        for one in found.intersections[:SHOWN]
    ]  # fmt: skip
    columns = [{"name": name, "title": titles.get(name, name), "size": found.sizes[name]} for name in chosen]
    return {"rows": rows, "columns": columns, "largest": largest, "of": found.of,
            "pairs": _pairs(found, chosen, titles),
            "left_out": len(found.intersections) - len(rows), "summary": _summary(rows, found)}  # fmt: skip


def _pairs(found: Overlap, chosen: list[str], titles: dict[str, str]) -> list[dict[str, Any]]:
    """For each segment (row), how many of its people are in each other one, and which share of the row that is."""
    return [
        {
            "title": titles.get(one, one),
            "cells": [
                {"is_same": one == other, "customers": found.shared(one, other),
                 "share": found.shared(one, other) / found.sizes[one] if found.sizes[one] else None}
                for other in chosen
            ],
        }
        for one in chosen
    ]  # fmt: skip


def _summary(rows: list[dict[str, Any]], found: Overlap) -> str:
    shared = [row for row in rows if not row["is_one"]]
    if not shared:
        return _("Nobody is in two of these segments.")
    inside = sum(one.customers for one in found.intersections)
    several = sum(one.customers for one in found.intersections if len(one.names) > 1)
    said = _(
        "%(several)s of the %(inside)s customers in these segments are in several; most often in %(words)s (%(many)s)."
    )
    return said % {
        "several": formats.number(several), "inside": formats.number(inside), "words": shared[0]["words"],
        "many": formats.number(shared[0]["customers"]),
    }  # fmt: skip
