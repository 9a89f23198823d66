"""Verbs on consent. Ledger and state are written together; the state is always what the whole ledger says."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from django.db import connection, transaction

from cordiale import clock
from cordiale.consent import queries, signals, states
from cordiale.consent.models import Consent, Opposition, Purpose
from cordiale.consent.purposes import get_purpose, purposes
from cordiale.consent.rules import CHANNELS, GRANTED, OPPOSITION_REASONS, WITHDRAWN, ConsentEntry
from cordiale.customers.models import Customer
from cordiale.errors import CordialeError, NotFound

_BATCH = 20_000
Key = tuple[str, str]
"""A purpose and a channel."""


@dataclass(frozen=True, kw_only=True)
class Origin:
    """How a statement reached us, for the proof."""

    source: str
    language: str = ""
    form_url: str = ""
    ip_address: str | None = None
    user_agent: str = ""
    message_id: int = 0


_LOCK_CUSTOMERS = """
select id from customers_customer where id = any(%(ids)s)
   or id in (select merged_into_id from customers_customer where id = any(%(ids)s)) order by id for no key update
"""

_WRITE_PROOFS = """
insert into consent_consentproof (customer_id, purpose_id, channel, state, at, source, wording, wording_version,
                                  language, form_url, ip_address, user_agent)
select * from unnest(%s::bigint[], %s::text[], %s::text[], %s::text[], %s::timestamptz[], %s::text[], %s::text[],
                     %s::text[], %s::text[], %s::text[], %s::inet[], %s::text[])
"""


def record(entries: Sequence[ConsentEntry], now: datetime) -> int:
    """Write statements to the ledger and bring the states up to date, in one transaction. Returns lines written.

    Locks the customers concerned until the transaction ends. A statement older than the one that decided changes
    nothing; a grant that is not the person's own (`PERSONAL_SOURCES`) never overrides a withdrawal.
    Raises CordialeError, with nothing written, for an unknown purpose, channel or customer, and for what was said
    later than `now`.
    """
    clock.require_aware(now)
    for entry in entries:
        get_purpose(entry.purpose)
        if entry.at > now:
            raise CordialeError(
                f"a consent said at {entry.at.isoformat()} is in the future; check the zone of its date"
            )
    with transaction.atomic():
        _ensure_purposes({entry.purpose for entry in entries})
        _lock({entry.customer_id for entry in entries})
        for start in range(0, len(entries), _BATCH):
            _write(entries[start : start + _BATCH])
        signals.consents_changed.send(record, entries=entries, now=now)
    return len(entries)


def _ensure_purposes(codes: set[str]) -> None:
    known = purposes()
    Purpose.objects.bulk_create(
        [
            Purpose(code=code, title=dict(known[code].title), legal_basis=known[code].legal_basis)
            for code in sorted(codes)
        ],
        update_conflicts=True,
        unique_fields=["code"],
        update_fields=["title", "legal_basis"],
    )


def _lock(customer_ids: set[int]) -> None:
    with connection.cursor() as cursor:
        cursor.execute(_LOCK_CUSTOMERS, {"ids": sorted(customer_ids)})
        missing = customer_ids - {row[0] for row in cursor.fetchall()}
    if missing:
        raise NotFound(f"there is no customer {min(missing)} ({len(missing)} such numbers); nothing was recorded")


def _write(entries: Sequence[ConsentEntry]) -> None:
    columns = [
        [getattr(entry, name) for entry in entries]
        for name in (
            "customer_id", "purpose", "channel", "state", "at", "source", "wording", "wording_version", "language",
            "form_url", "ip_address", "user_agent",
        )
    ]  # fmt: skip
    with connection.cursor() as cursor:
        cursor.execute(_WRITE_PROOFS, columns)
    states.write(*columns[:3])


def withdraw(
    customer_id: int, purpose: str | None, channel: str | None, at: datetime, origin: Origin
) -> list[tuple[str, str, bool]]:
    """Withdraw a purpose (None: all of them) through a channel (None: all of them), at once.

    Returns what changed as (purpose, channel, was granted); what was withdrawn already is not written again.
    """
    keys = [
        (one, way) for one in ([purpose] if purpose else purposes()) for way in ([channel] if channel else CHANNELS)
    ]
    customer_id = states.present(customer_id)
    with transaction.atomic():
        _lock({customer_id})
        present = queries.state(customer_id)
        changed = [key for key in keys if key not in present or present[key].state != WITHDRAWN]
        _record_now(customer_id, changed, WITHDRAWN, at, origin, present)
        if origin.message_id:
            signals.unsubscribed.send(withdraw, customer_id=customer_id, message_id=origin.message_id, at=at)
    return [(*key, key in present and present[key].state == GRANTED) for key in changed]


def grant(customer_id: int, keys: Iterable[Key], at: datetime, origin: Origin) -> list[Key]:
    """Record that the person agrees to each (purpose, channel), with the text shown. Returns those that were new."""
    customer_id = states.present(customer_id)
    with transaction.atomic():
        _lock({customer_id})
        present = queries.state(customer_id)
        changed = [key for key in keys if key not in present or present[key].state != GRANTED]
        _record_now(customer_id, changed, GRANTED, at, origin, present)
    return changed


def _record_now(
    customer_id: int, keys: Sequence[Key], state: str, at: datetime, origin: Origin, present: Mapping[Key, Consent]
) -> None:
    """What is said now is the latest word, even where an earlier one was dated by a clock ahead of ours."""
    said_at = max([at, *(present[key].since for key in keys if key in present)])
    record([_entry(customer_id, key, state, said_at, origin) for key in keys], said_at)


def _entry(customer_id: int, key: Key, state: str, at: datetime, origin: Origin) -> ConsentEntry:
    purpose = get_purpose(key[0])
    entry = ConsentEntry(
        customer_id=customer_id,
        purpose=key[0],
        channel=key[1],
        state=state,
        at=at,
        source=origin.source,
        language=origin.language,
        form_url=origin.form_url[:300],
        ip_address=origin.ip_address,
        user_agent=origin.user_agent[:300],
    )
    if state == WITHDRAWN:
        return entry
    return replace(entry, wording=purpose.text(origin.language), wording_version=purpose.version)


def oppose(channel: str, address: str, reason: str, at: datetime) -> bool:
    """Put an address on the opposition list: nobody writes to it any more, whoever owns it. False if it was there.

    Only a keyed hash is kept, so that the list outlives the person's erasure.
    """
    if reason not in OPPOSITION_REASONS:
        raise CordialeError(f"'{reason}' is not a reason to oppose; write one of {', '.join(OPPOSITION_REASONS)}")
    row = Opposition(channel=channel, address_hash=queries.address_hash(channel, address), reason=reason, at=at)
    before = Opposition.objects.filter(channel=channel, address_hash=row.address_hash).exists()
    Opposition.objects.bulk_create([row], ignore_conflicts=True)
    return not before


def lift_objection(channel: str, address: str) -> bool:
    """Take an address off the list because its owner came back. Complaints and hard bounces stay."""
    found = Opposition.objects.filter(
        channel=channel, address_hash=queries.address_hash(channel, address), reason="objection"
    )
    return found.delete()[0] > 0


def stop_everything(customer: Customer, at: datetime, origin: Origin) -> list[tuple[str, str, bool]]:
    """Withdraw all purposes through all channels, and put the customer's addresses on the opposition list."""
    with transaction.atomic():
        changed = withdraw(customer.pk, None, None, at, origin)
        for channel in CHANNELS:
            if address := queries.address_of(customer, channel):
                oppose(channel, address, "objection", at)
    return changed


def come_back(customer: Customer, keys: Sequence[Key], at: datetime, origin: Origin) -> list[Key]:
    """The person agrees again: grant, and take the addresses concerned off the opposition list."""
    with transaction.atomic():
        for channel in {channel for _, channel in keys}:
            lift_objection(channel, queries.address_of(customer, channel))
        return grant(customer.pk, keys, at, origin)
