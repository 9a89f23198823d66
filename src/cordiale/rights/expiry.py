"""Retention at work: each night those whose time is over are proposed, and those proposed long enough are treated."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time
from typing import Any
from zoneinfo import ZoneInfo

import pyarrow as pa
from django.db import connection, transaction

from cordiale import clock
from cordiale.accounts.actions import audit
from cordiale.accounts.models import Staff
from cordiale.company import company
from cordiale.consent.rules import PERSONAL_SOURCES
from cordiale.customers.models import Customer
from cordiale.errors import CordialeError, NotFound
from cordiale.identity.models import Alias, Visitor
from cordiale.lake import dialect, open_lake
from cordiale.rights import erasure, retention
from cordiale.rights.models import Expiry, ExpiryState
from cordiale.rights.retention import Period

PASSIVE_EVENTS = ("Email Opened", "Message Opened")
"""What a machine may have done for the person: it does not count as a contact (CNIL, SAN-2020-003 Spartoo)."""
ACTIVE_OUTCOMES = ("clicked", "replied", "unsubscribed")
TREATED_A_NIGHT = 20_000

# The last sign of life a customer gave, and whether there was an order. Facts after `as_of` are not looked at.
_ACTIVE = """
SELECT customer_id, max(ts) AS at, max(is_order) AS has_ordered FROM (
    SELECT customer_id, ts, 1 AS is_order FROM order_lines WHERE ts < {as_of}
    UNION ALL SELECT customer_id, ts, 0 FROM events WHERE ts < {as_of} AND name NOT IN ({passive})
    UNION ALL SELECT customer_id, ts, 0 FROM answers WHERE ts < {as_of}
    UNION ALL SELECT customer_id, ts, 0 FROM messages WHERE ts < {as_of} AND kind IN ({active})
) facts GROUP BY customer_id
"""
_TEMP = """
create temp table last_active (customer_id bigint primary key, at timestamptz, has_ordered int) on commit drop
"""
_OVERDUE = """
create temp table overdue (customer_id bigint primary key, who text, what text, at timestamptz, due date) on commit drop
"""
# Being collected is the first contact; what the person said of consent, or asked of us, is one too.
_FIND = """
insert into overdue
select customer.id, %(who)s, %(then)s, signs.at, %(due)s
from customers_customer customer
left join last_active active on active.customer_id = customer.id
left join lateral (select max(proof.at) as at from consent_consentproof proof where proof.customer_id = customer.id
                   and proof.source = any(%(personal)s)) said on true
left join lateral (select max(request.received_at) as at from rights_request request
                   where request.customer_id = customer.id) asked on true
cross join lateral (select greatest(customer.created_at, active.at, said.at, asked.at) as at) signs
where customer.merged_into_id is null and customer.restricted_at is null
  and coalesce(active.has_ordered, 0) = %(has_ordered)s and signs.at < %(before)s
"""
# Whoever is not overdue any more (came back, was restricted or merged, has a longer period now) is not proposed.
_TAKE_BACK = """
delete from rights_expiry expiry where expiry.state = 'proposed'
  and not exists (select 1 from overdue where overdue.customer_id = expiry.customer_id)
"""
_PROPOSE = """
insert into rights_expiry (customer_id, who, "then", last_active_at, proposed_at, due_on, state, kept_by, kept_because)
select customer_id, who, what, at, %s, due, 'proposed', '', '' from overdue
on conflict (customer_id) do update
set last_active_at = excluded.last_active_at, who = excluded.who, "then" = excluded."then"
where rights_expiry.state = 'proposed'
"""


@dataclass(frozen=True)
class Night:
    """What one night did: how many were newly or still proposed, how many people and unknown visitors were treated."""

    proposed: int
    treated: int
    visitors: int


def run(now: datetime) -> Night:
    """Propose and treat. May be repeated; at most 20 000 people are treated a night, the others on the next."""
    clock.require_aware(now)
    propose(now)
    treated = treat(now)
    return Night(Expiry.objects.filter(state=ExpiryState.PROPOSED).count(), treated, forget_visitors(now))


def propose(now: datetime) -> None:
    """Bring the list of those whose time is over up to date with what they did."""
    today = clock.local_day(now, company().zone)
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(_TEMP)
        with cursor.copy("copy last_active from stdin") as copy:
            for part in _last_active(now):
                for customer, at, has_ordered in zip(
                    *(part.column(name).to_pylist() for name in part.column_names), strict=True
                ):
                    copy.write_row((customer, at, has_ordered))
        cursor.execute("analyze last_active")
        cursor.execute(_OVERDUE)
        for period in retention.periods():
            if period.who != retention.VISITORS:
                cursor.execute(_FIND, _values(period, today))
        cursor.execute(_TAKE_BACK)
        cursor.execute(_PROPOSE, [now])


def treat(now: datetime) -> int:
    """Erase or anonymise those whose notice is over and whom nobody kept; how many."""
    today = clock.local_day(now, company().zone)
    due = Expiry.objects.filter(state=ExpiryState.PROPOSED, due_on__lte=today).order_by("due_on", "id")
    treated = sum(_treat(one, now) for one in due[:TREATED_A_NIGHT])
    if treated:
        erasure.finish_erasures(now)
    return treated


def forget_visitors(now: datetime) -> int:
    """Erase visitors who never said who they are and were not seen for the whole period; how many.

    There is nobody to propose or to tell: they go at once.
    """
    period = retention.find_period(retention.VISITORS)
    if period is None:
        return 0
    start = period.keep.before(clock.local_day(now, company().zone))
    before = datetime.combine(start, time(), ZoneInfo(company().zone))
    known = Alias.objects.values("alias_id")
    old = Visitor.objects.filter(created_at__lt=before).exclude(pk__in=known).order_by("pk")
    numbers = list(old.values_list("pk", flat=True)[:TREATED_A_NIGHT])
    if not numbers:
        return 0
    seen = open_lake().query(
        f"SELECT DISTINCT customer_id FROM events WHERE ts >= {dialect.instant(before)}", only_customers=numbers
    )
    gone = sorted(set(numbers) - set(seen.column("customer_id").to_pylist()))
    if gone:
        open_lake().erase(gone)
        Visitor.objects.filter(pk__in=gone).delete()
    return len(gone)


@transaction.atomic
def keep(customer_id: int, reason: str, *, actor: Staff | str, now: datetime) -> None:
    """Keep somebody beyond the period. The reason is written down: it has to stand before the authority."""
    if not reason.strip():
        raise CordialeError("write why this person is kept longer; the authority may ask")
    found = Expiry.objects.select_for_update().filter(customer_id=customer_id, state=ExpiryState.PROPOSED).first()
    if found is None:
        raise NotFound(f"customer {customer_id} is not proposed for erasure")
    found.state, found.kept_by, found.kept_because = ExpiryState.KEPT, str(actor), reason.strip()[:300]
    found.save()
    audit("customer", str(customer_id), "keep", actor, {"until": "lifted"}, now)


def _treat(one: Expiry, now: datetime) -> bool:
    """One person, one transaction: the erasure and the line that says so."""
    with transaction.atomic():
        if Customer.objects.filter(pk=one.customer_id).exists():
            erasure.erase_from_database(
                one.customer_id, actor="retention", reason=f"retention: {one.who}", now=now,
                is_anonymised=one.then == retention.ANONYMISE,
            )  # fmt: skip
        one.state, one.done_at = ExpiryState.DONE, now
        one.save(update_fields=["state", "done_at"])
    return True


def _last_active(now: datetime) -> Iterator[pa.Table]:
    sql = _ACTIVE.format(as_of=dialect.instant(now), passive=_listed(PASSIVE_EVENTS), active=_listed(ACTIVE_OUTCOMES))
    yield from open_lake().per_customer(sql)


def _values(period: Period, today: date) -> dict[str, Any]:
    zone = ZoneInfo(company().zone)
    return {
        "who": period.who, "then": period.then, "due": period.notice.after(today),
        "has_ordered": int(period.who == retention.CUSTOMERS), "personal": list(PERSONAL_SOURCES),
        "before": datetime.combine(period.keep.before(today), time(), zone),
    }  # fmt: skip


def _listed(words: Sequence[str]) -> str:
    return ", ".join(f"'{word}'" for word in words)
