"""`/api/v1/segments`: save, list, count, members, explain, history, overlap, lists from files."""

from __future__ import annotations

import tempfile
from dataclasses import asdict
from datetime import date, datetime
from pathlib import Path
from typing import Annotated, Any, Literal

from django.http import HttpRequest
from ninja import File, Form, Query, Router, Status
from ninja.files import UploadedFile

from cordiale import clock
from cordiale.accounts.api import KeyAuth, Problem
from cordiale.customers.models import Customer
from cordiale.customers.queries import get_customer
from cordiale.errors import CordialeError, Refused
from cordiale.insight.actions import ensure_snapshot
from cordiale.segments import actions, loading, queries
from cordiale.segments import schemas as shapes
from cordiale.segments.models import Segment
from cordiale.segments.queries import counting, listing
from cordiale.segments.rules import Expression, tree_json
from cordiale.ui import context

router = Router(tags=["segments"], auth=KeyAuth("segments.see"))
_EDIT = KeyAuth("segments.edit")
_REFUSALS: dict[int, Any] = {404: Problem, 422: Problem}
_REPEATABLE = {"x-repeatable": True}
_LAST_PAGE = 100_000
_SHOWN_MISSING = 1_000
_MOST_BYTES = 200 << 20
_COLUMNS = ("name", "title", "expression", "revision", "size", "evaluated_at", "is_static")
Page = Annotated[int, Query(ge=1, le=_LAST_PAGE)]


@router.get("", response=shapes.SegmentList, summary="All segments")
def list_segments(request: HttpRequest) -> dict[str, Any]:
    """Each with its expression and how many were in it when last evaluated."""
    return {"segments": list(Segment.objects.order_by("name").values(*_COLUMNS)[: shapes.MOST])}


@router.post(
    "/count", response={200: shapes.CountOut, 422: Problem}, openapi_extra=_REPEATABLE,
    summary="Count whom an expression holds for",
)  # fmt: skip
def count(request: HttpRequest, condition: shapes.Condition) -> dict[str, Any]:
    """Nothing is saved. 422 with line and column for a wrong expression."""
    return asdict(queries.count(condition.expression, _with_traits(condition.expression)))


@router.post(
    "/counts", response={200: shapes.CountsOut, 422: Problem}, openapi_extra=_REPEATABLE,
    summary="Count a tree and each of its rules",
)  # fmt: skip
def counts(request: HttpRequest, given: shapes.TreeGiven) -> dict[str, Any]:
    """Also whom one may contact, some people, the text, the tree and the sentence. 422 at the node or place."""
    expression = _read(given)
    now = context.present()
    ensure_snapshot(now)
    found = counting.counts(expression, now)
    return {
        "expression": expression.text, "tree": tree_json.dump(expression), "share": found.share, **asdict(found),
        "sentence": {language: listing.in_words(expression.text, language) for language in ("fr", "en")},
    }  # fmt: skip


@router.get("/catalogue", response=shapes.CatalogueOut, summary="What there is to build with")
def catalogue(request: HttpRequest, language: Literal["fr", "en"] = "en") -> dict[str, Any]:
    """Fields and functions with kinds, operators and values; purposes, channels, segments."""
    return asdict(queries.catalogue(language))


@router.get("/overlap", response={200: shapes.OverlapOut, **_REFUSALS}, summary="How segments overlap")
def overlap(
    request: HttpRequest, names: Annotated[list[shapes.Name], Query(min_length=2, max_length=8)]
) -> dict[str, Any]:
    """2 to 8 segments, evaluated now in one pass. 404 for an unknown one."""
    now = context.present()
    ensure_snapshot(now)
    return asdict(queries.overlap(names, now))


@router.put("/{name}", response={200: shapes.SegmentOut, 422: Problem}, auth=_EDIT, summary="Save a segment")
def save(request: HttpRequest, name: str, given: shapes.SegmentGiven) -> Segment:
    """Make it, or change it; its members follow at the next refresh. 422 with line and column."""
    title = None if given.title is None else {str(language): text for language, text in given.title.items()}
    return actions.save_segment(name, given.expression, title=title, actor=_actor(request), now=context.present())


@router.delete("/{name}", response={204: None, **_REFUSALS}, auth=_EDIT, summary="Delete a segment")
def remove(request: HttpRequest, name: str) -> Status[None]:
    """With its history. 422 while something uses it."""
    actions.delete_segment(name, actor=_actor(request), now=context.present())
    return Status(204, None)


@router.get("/{name}/members", response={200: shapes.MemberList, **_REFUSALS}, summary="Who is in a segment")
def members(
    request: HttpRequest,
    name: str,
    page: Page = 1,
    limit: Annotated[int, Query(ge=1, le=shapes.MOST)] = 50,
    on: date | None = None,
) -> dict[str, Any]:
    """One page of members by customer number, evaluated now; with `on`, who was in it when that day ended."""
    text, offset = queries.get_segment(name).expression, (page - 1) * limit
    if on is None:
        found = queries.members_of(text, _with_traits(text), limit=limit, offset=offset)
    else:
        found = queries.members_on(name, on, context.present(), limit=limit, offset=offset)
    references = dict(Customer.objects.filter(pk__in=found.customer_ids).values_list("pk", "reference"))
    return {
        "total": found.total,
        "page": page,
        "members": [{"id": one, "reference": references[one]} for one in found.customer_ids if one in references],
    }


@router.get("/{name}/history", response={200: shapes.SegmentHistoryOut, **_REFUSALS}, summary="A segment's size by day")
def history(request: HttpRequest, name: str, start: date | None = None, end: date | None = None) -> dict[str, Any]:
    """The last 90 days, or those asked for."""
    found = queries.history(name, context.present(), start=start, end=end)
    return {"name": name, "days": [asdict(one) for one in found]}


@router.get("/{name}/moves", response={200: shapes.MoveList, **_REFUSALS}, summary="Who came and went")
def moves(request: HttpRequest, name: str, since: datetime, page: Page = 1) -> dict[str, Any]:
    """Entries and exits after `since` (with an offset), in order of time, 1 000 a page."""
    after = (page - 1) * shapes.MOST
    found = queries.moves(name, clock.require_aware(since), context.present(), limit=shapes.MOST, after=after)
    return {"name": name, "page": page, "moves": [asdict(one) for one in found]}


@router.get("/{name}/reach", response={200: shapes.ReachList, 404: Problem}, summary="Whom one may contact")
def reach(request: HttpRequest, name: str) -> dict[str, Any]:
    """Members who may be contacted now: consent, an address, no opposition."""
    text = queries.get_segment(name).expression
    return {"reach": [asdict(one) for one in queries.reach(text, _with_traits(text))]}


@router.post("/{name}/list", response={200: shapes.ListLoadedOut, 422: Problem}, auth=_EDIT, summary="Load a list")
def load(request: HttpRequest, name: str, given: Form[shapes.ListGiven], file: File[UploadedFile]) -> dict[str, Any]:
    """People of a CSV or Excel file (reference, card, email, phone or id) onto a list, made where there is none."""
    with tempfile.NamedTemporaryFile() as kept:
        size = 0
        for part in file.chunks():
            size += len(part)
            if size > _MOST_BYTES:
                raise Refused(f"the file is larger than {_MOST_BYTES >> 20} MB; cut it into several and add them")
            kept.write(part)
        kept.flush()
        done = loading.load(
            name, Path(kept.name), how=given.how, file_name=file.name or "file", actor=_actor(request),
            now=context.present(),
        )  # fmt: skip
    return {**asdict(done), "missing": [asdict(one) for one in done.missing[:_SHOWN_MISSING]]}


@router.get(
    "/{name}/explain/{reference}", response={200: shapes.SegmentExplained, 404: Problem},
    summary="Why one customer is in a segment or not, rule by rule",
)  # fmt: skip
def explain(request: HttpRequest, name: str, reference: str) -> dict[str, Any]:
    """Each rule with its place, whether it holds, and this customer's values."""
    customer, text = get_customer(reference), queries.get_segment(name).expression
    results = queries.explain(text, customer.pk, _with_traits(text))
    return {"held": results[0].held, "rules": [asdict(one) for one in results]}


def _read(given: shapes.TreeGiven) -> Expression:
    if (given.tree is None) == (not given.expression):
        raise CordialeError("give an expression or a tree, one of the two")
    return queries.parse(given.expression) if given.tree is None else queries.parse_tree(given.tree)


def _actor(request: HttpRequest) -> str:
    return f"key {getattr(request, 'auth', '')}"


def _with_traits(text: str) -> datetime:
    """The instant to evaluate `text` at, once it is known to be right and the day's traits are there."""
    queries.parse(text)
    now = context.present()
    ensure_snapshot(now)
    return now
