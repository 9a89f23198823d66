"""Reads: sources with what they sent, and how many events there are."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import pyarrow as pa
from django.db import connection
from django.db.models import Q, QuerySet, Sum

from cordiale.errors import NotFound
from cordiale.intake import locks
from cordiale.intake.calls import KINDS, CallRefused
from cordiale.intake.happenings import NAMES, stored_name
from cordiale.intake.models import Flush, Rejected, Source
from cordiale.lake import open_lake

_DAY = timedelta(hours=24)
_FRESH = """
SELECT DISTINCT ON (key) key, kind, payload FROM intake_inbox
WHERE id > %(sifted)s AND NOT EXISTS (SELECT FROM intake_seenkey s WHERE s.key = intake_inbox.key) ORDER BY key, id
"""
_NUMBER = "SELECT count(*) FROM (" + _FRESH.replace("key, kind, payload FROM", "key FROM") + ") AS fresh"
_SIFTED = "SELECT key, kind, payload FROM intake_inbox WHERE id <= %(sifted)s"


@dataclass(frozen=True, kw_only=True)
class Counted:
    """Events acknowledged, each once: recorded in the lake, waiting for the next flush, rejected by it."""

    recorded: int
    waiting: int
    rejected: int

    @property
    def acknowledged(self) -> int:
        """All of them."""
        return self.recorded + self.waiting + self.rejected


def count(type_: str | None = None) -> Counted:
    """How many events there are; of an event's name, or of a kind of call (`track`, `page` …).

    Exact at every moment: flushing pauses meanwhile, and what a killed flush left half-way is counted once.
    """
    with locks.between_chunks():
        state = Flush.objects.filter(pk=1, is_sifted=True, until__isnull=False).first()
        bound = {"sifted": state.until if state else 0}
        half_way = list(_rows(_SIFTED, bound)) if state else []
        recorded = _recorded([key for key, _ in half_way])
        half_way_names = [name for key, name in half_way if key not in recorded]
        return Counted(
            recorded=_in_lake(type_),
            waiting=sum(_is_wanted(name, type_) for name in half_way_names) + _fresh(type_, bound),
            rejected=_rejected(type_),
        )


def list_sources() -> QuerySet[Source]:
    """All sources by name."""
    return Source.objects.order_by("revoked_at", "name")


def get_source(name: str) -> Source:
    """The source called `name`, revoked or not. Raises NotFound."""
    source = Source.objects.filter(name=name).first()
    if source is None:
        raise NotFound(f"there is no source '{name}'")
    return source


def source_names() -> Mapping[int, str]:
    """What each source is called, revoked ones too."""
    return dict(Source.objects.values_list("id", "name"))


def sent_lately(now: datetime) -> Mapping[int, tuple[int, int]]:
    """Events taken and refused by source number, in the last 24 hours (whole hours)."""
    rows = (
        Source.objects.values("id")
        .annotate(
            taken=Sum("hours__taken", filter=Q(hours__at__gt=now - _DAY, hours__at__lte=now)),
            refused=Sum("hours__refused", filter=Q(hours__at__gt=now - _DAY, hours__at__lte=now)),
        )
        .values_list("id", "taken", "refused")
    )
    return {number: (taken or 0, refused or 0) for number, taken, refused in rows}


def _fresh(type_: str | None, bound: Mapping[str, Any]) -> int:
    if type_ is not None:
        return sum(_is_wanted(name, type_) for _, name in _rows(_FRESH, bound))
    with connection.cursor() as cursor:
        cursor.execute(_NUMBER, bound)
        return int(cursor.fetchone()[0])


def _rejected(type_: str | None) -> int:
    rows = Rejected.objects.filter(reader="")
    if type_ is None:
        return rows.count()
    return sum(_is_wanted(_name(row.kind, bytes(row.payload)), type_) for row in rows.iterator())


def _rows(sql: str, bound: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    with connection.cursor() as cursor:
        cursor.execute(sql, bound)
        while rows := cursor.fetchmany(5_000):
            yield from ((key.hex, _name(kind, bytes(payload))) for key, kind, payload in rows)


def _name(kind: int, payload: bytes) -> str:
    try:
        return stored_name(kind, payload)
    except CallRefused:
        return ""


def _recorded(keys: list[str]) -> set[str]:
    """Which of these the lake has already."""
    if not keys:
        return set()
    found = open_lake().query(
        "SELECT event_id FROM events JOIN asked USING (event_id)", asked=pa.table({"event_id": keys})
    )
    return set(found.column("event_id").to_pylist())


def _in_lake(type_: str | None) -> int:
    where, bind = _where(type_)
    return int(open_lake().query(f"SELECT count(*) AS n FROM events{where}", bind=bind).column("n")[0].as_py())


def _where(type_: str | None) -> tuple[str, list[str]]:
    if type_ is None:
        return "", []
    if type_ == KINDS[0]:
        return " WHERE name NOT IN (" + ", ".join("?" * len(NAMES)) + ")", list(NAMES.values())
    return " WHERE name = ?", [NAMES.get(type_, type_)]


def _is_wanted(name: str, type_: str | None) -> bool:
    if type_ is None:
        return True
    return name not in NAMES.values() if type_ == KINDS[0] else name == NAMES.get(type_, type_)
