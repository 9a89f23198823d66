"""What changes segments: saving, deleting, and refreshing who is in them."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import datetime

from django.db import connection, transaction

from cordiale.accounts.actions import audit
from cordiale.accounts.models import Staff
from cordiale.clock import require_aware
from cordiale.errors import CordialeError, Refused
from cordiale.insight.actions import ensure_snapshot
from cordiale.segments import rules, stays, uses
from cordiale.segments.models import Segment, SegmentRevision
from cordiale.segments.queries import evaluation, language
from cordiale.segments.rules.references import check_above, check_chain

_NAME = re.compile(r"[a-z0-9]+(-[a-z0-9]+)*")
_RESERVED = ("new", "preview", "build", "overlap", "count", "counts", "catalogue")  # addresses of our own pages
_SAVING, _REFRESHING = 0x5E61, 0x5E62
"""Advisory locks: circles are looked for, and stays written, by one at a time."""


@dataclass(frozen=True, kw_only=True)
class Moves:
    """What a refresh did to one segment: how many came in, how many went, how many are in it now."""

    entered: int
    left: int
    size: int


@transaction.atomic
def save_segment(
    name: str, expression: str, *, actor: Staff | str, now: datetime, title: Mapping[str, str] | None = None
) -> Segment:
    """Create the segment `name`, or change it; its members follow at the next refresh.

    Raises BadExpression at the place of a fault, also where the segment would contain itself. Saving what is already
    there changes nothing. `title` stays as it was where it is not given.
    """
    now = require_aware(now)
    _require_name(name)
    _lock(_SAVING)
    segment = Segment.objects.filter(name=name).select_for_update().first()
    if segment is not None and segment.is_static and segment.expression != expression:
        raise Refused(f"'{name}' is a list; load another file into it, or save the expression under another name")
    _check(name, expression)
    if segment is None:
        return _create(name, expression, title or {}, actor, now)
    return _change(segment, expression, title, actor, now)


@transaction.atomic
def create_static(name: str, title: Mapping[str, str], *, actor: Staff | str, now: datetime) -> Segment:
    """Create a static segment whose list is empty. Raises CordialeError for a name it cannot have."""
    _require_name(name)
    _lock(_SAVING)
    segment = _create(name, f"listed('{name}')", title, actor, require_aware(now))
    segment.is_static = True
    segment.save(update_fields=["is_static"])
    return segment


def _require_name(name: str) -> None:
    if not _NAME.fullmatch(name) or len(name) > 80 or name in _RESERVED:
        raise CordialeError(
            f"'{name}' cannot name a segment; use small letters, digits and hyphens, as in big-spenders"
        )


def _check(name: str, expression: str) -> None:
    words = language.vocabulary()
    known = replace(words, segments={**words.segments, name: expression})
    read = rules.parse(expression, known)
    check_chain(name, read, language.named_by([read], known))
    if read.references and any(f"'{name}'" in text for text in words.segments.values()):
        check_above(name, read, language.read_all(known)[0])


def _create(name: str, expression: str, title: Mapping[str, str], actor: Staff | str, now: datetime) -> Segment:
    segment = Segment.objects.create(
        name=name, title=dict(title), expression=expression, created_at=now, updated_at=now
    )
    _keep_revision(segment, "create", actor, now)
    return segment


def _change(
    segment: Segment, expression: str, title: Mapping[str, str] | None, actor: Staff | str, now: datetime
) -> Segment:
    is_same_text = segment.expression == expression
    if title is not None and dict(title) != segment.title:
        segment.title = dict(title)
        audit("segment", segment.name, "retitle", actor, {"title": segment.title}, now)
    elif is_same_text:
        return segment
    segment.updated_at = now
    if not is_same_text:
        segment.expression, segment.problem = expression, ""
        segment.revision += 1
        _keep_revision(segment, "change", actor, now)
    segment.save()
    return segment


def _keep_revision(segment: Segment, verb: str, actor: Staff | str, now: datetime) -> None:
    SegmentRevision.objects.create(
        segment=segment, number=segment.revision, expression=segment.expression, at=now, actor=str(actor)
    )
    detail = {"revision": segment.revision, "expression": segment.expression}
    audit("segment", segment.name, verb, actor, detail, now)


@transaction.atomic
def delete_segment(name: str, *, actor: Staff | str, now: datetime) -> None:
    """Delete a segment with its stays and revisions. Raises NotFound, or Refused while something uses it."""
    _lock(_SAVING)
    segment = language.get_segment(name)
    used = [*language.naming(name), *(use.title for use in uses.of(name))]
    if used:
        raise Refused(f"'{name}' is used by {', '.join(used)}; take it out there first")
    audit("segment", name, "delete", actor, {"expression": segment.expression}, require_aware(now))
    segment.delete()


def refresh(now: datetime) -> dict[str, Moves]:
    """Evaluate all segments in one pass over today's snapshot, and move people in and out.

    Repeating it changes nothing. Refreshes at the same time wait for each other. A segment that can no longer be
    evaluated keeps its members and says why (`problem`); one that was already evaluated later than `now`, or changed
    meanwhile, is left as it is. Neither is in the answer.
    """
    now = require_aware(now)
    day = ensure_snapshot(now)
    with _one_refresh_at_a_time():
        segments = {segment.name: segment for segment in Segment.objects.order_by("name")}
        good, wrong = language.read_all(language.vocabulary())
        for name, reason in wrong.items():
            Segment.objects.filter(name=name).exclude(problem=reason).update(problem=reason)
        names = [name for name in segments if name in good]
        if not names:
            return {}
        matching = evaluation.matching([good[name] for name in names], day, now)
        moves = ((name, _move(segments[name], ids, now)) for name, ids in zip(names, matching, strict=True))
        return {name: moved for name, moved in moves if moved is not None}


@transaction.atomic
def _move(segment: Segment, ids: evaluation.Ids, now: datetime) -> Moves | None:
    current = Segment.objects.select_for_update().filter(pk=segment.pk, revision=segment.revision).first()
    if current is None or (current.evaluated_at is not None and current.evaluated_at > now):
        return None
    entered, left, size = stays.replace(segment.pk, ids, now)
    current.evaluated_at, current.evaluated_revision = now, current.revision
    current.size, current.problem = size, ""
    current.save(update_fields=["evaluated_at", "evaluated_revision", "size", "problem"])
    return Moves(entered=entered, left=left, size=size)


@contextmanager
def _one_refresh_at_a_time() -> Iterator[None]:
    """A session's lock: it spans the transactions of a refresh, and PostgreSQL drops it when the session dies."""
    with connection.cursor() as cursor:
        cursor.execute("select pg_advisory_lock(%s)", [_REFRESHING])
    try:
        yield
    finally:
        with connection.cursor() as cursor:
            cursor.execute("select pg_advisory_unlock(%s)", [_REFRESHING])


def _lock(number: int) -> None:
    with connection.cursor() as cursor:
        cursor.execute("select pg_advisory_xact_lock(%s)", [number])
