"""Verbs on sources and on what they sent."""

from __future__ import annotations

import re
import secrets
from collections.abc import Sequence
from datetime import datetime
from urllib.parse import urlsplit

from django.db import IntegrityError, transaction

from cordiale import clock
from cordiale.accounts.actions import audit
from cordiale.accounts.models import Staff
from cordiale.errors import CordialeError, NotFound, Refused
from cordiale.intake import calls, queries, readers
from cordiale.intake.calls import CallRefused
from cordiale.intake.flushing import Flushed, flush
from cordiale.intake.happenings import Waiting, happened
from cordiale.intake.models import Inbox, Kind, Rejected, SeenKey, Source

__all__ = ["Flushed", "add_source", "allow_origins", "flush", "replay", "revoke_source"]
_KEY_BYTES = 18
_PAGES = ("new", "rejected")
"""Names that are addresses of pages."""


@transaction.atomic
def add_source(
    name: str, *, actor: Staff | str, now: datetime, kind: str = Kind.SERVER, origins: Sequence[str] = ()
) -> Source:
    """Make a source called `name` with a write key. Raises Refused when the name is taken."""
    if name in _PAGES or not re.fullmatch(r"[a-z0-9][a-z0-9-]{0,39}", name):
        raise CordialeError(f"'{name}' cannot name a source; write at most 40 small letters, digits and hyphens")
    if kind not in Kind.values:
        raise CordialeError(f"'{kind}' is no kind of source; write one of {', '.join(Kind.values)}")
    try:
        with transaction.atomic():
            source = Source.objects.create(
                name=name, kind=kind, allowed_origins=_origins(origins, kind), created_at=clock.require_aware(now),
                write_key="wk_" + secrets.token_urlsafe(_KEY_BYTES),
            )  # fmt: skip
    except IntegrityError as error:
        raise Refused(f"there is a source '{name}' already; revoke it or take another name") from error
    audit("source", name, "add", actor, {"kind": kind, "origins": source.allowed_origins}, now)
    return source


@transaction.atomic
def allow_origins(name: str, origins: Sequence[str], *, actor: Staff | str, now: datetime) -> None:
    """Let pages of exactly these origins use the source `name`. Raises NotFound when there is none in use."""
    source = Source.objects.filter(name=name, revoked_at=None).first()
    if source is None:
        raise NotFound(f"there is no source '{name}' in use; see: cordiale sources list")
    source.allowed_origins = _origins(origins, source.kind)
    source.save(update_fields=["allowed_origins"])
    audit("source", name, "allow origins", actor, {"origins": source.allowed_origins}, now)


@transaction.atomic
def revoke_source(name: str, *, actor: Staff | str, now: datetime) -> None:
    """Take nothing from `name` any more, within a second. Raises NotFound when there is none in use."""
    if not Source.objects.filter(name=name, revoked_at=None).update(revoked_at=now):
        raise NotFound(f"there is no source '{name}' in use; see: cordiale sources list")
    audit("source", name, "revoke", actor, None, now)


@transaction.atomic
def replay(rejected_id: int, *, actor: Staff | str, now: datetime) -> None:
    """Try a rejected event again: the reader that failed at once, else with the next flush.

    Raises NotFound when it is not there any more, Refused with the reason when the reader fails again.
    """
    row = Rejected.objects.select_for_update().filter(pk=rejected_id).first()
    if row is None:
        raise NotFound("this event has been tried again, or erased, meanwhile")
    if row.reader:
        _read_again(row, now)
    else:
        SeenKey.objects.filter(key=row.key).delete()
        Inbox.objects.create(
            source_id=row.source_id, key=row.key, kind=row.kind, at=row.at, received_at=row.received_at,
            payload=row.payload,
        )  # fmt: skip
    row.delete()
    audit("event", row.key.hex, "try again", actor, {"reason": row.reason}, now)


def _read_again(row: Rejected, now: datetime) -> None:
    reader = next((one for one in readers.registered() if one.name == row.reader), None)
    if reader is None or row.customer_id is None:
        raise Refused(f"nothing reads events for '{row.reader}' any more")
    waiting = Waiting(row.pk, row.source_id, row.key, row.kind, row.at, row.received_at, bytes(row.payload),
                      queries.source_names().get(row.source_id, ""))  # fmt: skip
    try:
        reader.read([happened(waiting, row.customer_id, calls.read(waiting.payload))], now)
    except (CordialeError, CallRefused) as error:
        raise Refused(f"it failed again: {error}") from error


def _origins(origins: Sequence[str], kind: str) -> list[str]:
    kept = list(dict.fromkeys(origin.strip().rstrip("/").lower() for origin in origins if origin.strip()))
    for origin in kept:
        parts = urlsplit(origin)
        if parts.scheme not in ("http", "https") or not parts.netloc or f"{parts.scheme}://{parts.netloc}" != origin:
            raise CordialeError(f"'{origin}' is no origin; write for instance https://www.example.fr")
    if kind == Kind.BROWSER and not kept:
        raise CordialeError("a browser source needs the origins of its pages, for instance https://www.example.fr")
    return kept
