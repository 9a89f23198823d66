"""Taking an import back: what it said, whom it made, what it added. What cannot go is kept, and said."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from datetime import datetime
from typing import Any

import pyarrow as pa
from django.db import connection

from cordiale.consent import actions as consent
from cordiale.consent.models import Consent
from cordiale.consent.rules import GRANTED, WITHDRAWN, ConsentEntry
from cordiale.customers import actions as customers
from cordiale.customers import indexes
from cordiale.imports import before
from cordiale.imports.models import Import, ImportState
from cordiale.jobs.progress import Progress
from cordiale.lake import open_lake
from cordiale.orders import actions as orders

_AT_ONCE, _UNTIED_AT_ONCE = 5_000, 200_000
_WITH_FACTS = """
select customer_id from (
    select distinct customer_id from order_lines union all select distinct customer_id from events
    union all select distinct customer_id from answers union all select distinct customer_id from messages
) facts join wanted using (customer_id)
"""
_UNTIE = """
delete from identity_identity where (kind, value) in (
    select kind, value from identity_identity i where source = %s and not exists (
        select 1 from customers_customer c where c.id = i.customer_id
        and ((i.kind = 'email' and c.email = i.value) or (i.kind = 'phone' and c.phone = i.value)))
    limit %s)
"""
# What another source says as well stays tied.
_HAVE_LEDGER = "select distinct customer_id from consent_consentproof where customer_id = any(%s)"


def undo(imported: Import, progress: Progress) -> dict[str, Any]:
    """Take back everything the import wrote; may be called again after a crash. Returns what was undone and kept."""
    report: Counter[str] = Counter(progress.kept.get("report", {}))
    steps = _STEPS[imported.kind]
    for number, step in enumerate(steps):
        if number < progress.kept.get("step", 0):
            continue
        seen = 0
        for part in step(imported, progress.now):
            report += part  # leaves zeros out
            progress.keep(report=dict(report))
            seen = min(seen + part.total(), imported.rows_done)
            progress.done((number * imported.rows_done + seen) // len(steps), imported.rows_done)
        progress.keep(step=number + 1)
    progress.done(imported.rows_done, imported.rows_done)
    imported.state, imported.undone_at, imported.report = ImportState.UNDONE, progress.now, dict(report)
    imported.save(update_fields=["state", "undone_at", "report"])
    return dict(report)


def _take_back_consents(imported: Import, now: datetime) -> Iterator[Counter[str]]:
    """Grants that count because of this import end with a line of the ledger; nothing is ever deleted there."""
    while batch := list(_granted_by(imported)[:_AT_ONCE]):
        entries = [_ended(one, imported, now) for one in batch]
        yield Counter(consents_withdrawn=consent.record(entries, now))


def _granted_by(imported: Import) -> Any:
    sources = Consent.objects.filter(state=GRANTED).order_by("pk").select_related("proof")
    exact = sources.filter(proof__source=imported.source)
    return exact | sources.filter(proof__source__startswith=f"{imported.source} ")


def _ended(one: Consent, imported: Import, now: datetime) -> ConsentEntry:
    return ConsentEntry(
        customer_id=one.customer_id,
        purpose=one.purpose_id,
        channel=one.channel,
        state=WITHDRAWN,
        at=max(now, one.since),
        source=f"undo of {imported.source}",
    )


def _take_back_words(imported: Import, now: datetime) -> Iterator[Counter[str]]:
    """What the file said of people; those of whom nobody else says anything go, unless something happened with them."""
    indexes.ensure()
    for part in customers.withdraw_source(imported.source, now, busy=_busy):
        yield Counter(
            customers_changed=len(part.changed),
            customers_removed=len(part.gone),
            customers_kept=len(part.emptied) - len(part.gone),
        )
    with connection.cursor() as cursor:
        untied = 1
        while untied:
            cursor.execute(_UNTIE, [imported.source, _UNTIED_AT_ONCE])
            untied = cursor.rowcount


def _busy(numbers: Sequence[int]) -> set[int]:
    """Those with facts in the lake, or with a line of the ledger."""
    if not numbers:
        return set()
    wanted = pa.array(numbers, pa.int64())
    facts = open_lake().query(_WITH_FACTS, only_customers=wanted, wanted=pa.table({"customer_id": wanted}))
    with connection.cursor() as cursor:
        cursor.execute(_HAVE_LEDGER, [list(numbers)])
        return {one for (one,) in cursor.fetchall()} | set(facts.column("customer_id").to_pylist())


def _take_back_facts(table: str) -> Callable[[Import, datetime], Iterator[Counter[str]]]:
    def take_back(imported: Import, now: datetime) -> Iterator[Counter[str]]:
        yield Counter({f"{table}_removed": open_lake().remove(table, "source", [imported.source])})

    return take_back


def _take_back_orders(imported: Import, now: datetime) -> Iterator[Counter[str]]:
    told = orders.withdraw_source(imported.source, now)
    restored = before.give_back(imported.pk, imported.source)
    lines = open_lake().remove("order_lines", "source", [imported.source])
    yield Counter(orders_given_back=restored + told, lines_removed=lines)


_Step = Callable[[Import, datetime], Iterator[Counter[str]]]
_STEPS: dict[str, tuple[_Step, ...]] = {
    "customers": (_take_back_consents, _take_back_words),
    "orders": (_take_back_orders,),
    "events": (_take_back_facts("events"),),
    "answers": (_take_back_facts("answers"),),
    "consents": (_take_back_consents,),
}
