"""Erasing a person everywhere: the database, the lake, then what the database's own files still remember."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime

from django.db import transaction

from cordiale import clock
from cordiale.accounts.actions import audit
from cordiale.accounts.models import AuditEntry, Staff
from cordiale.consent import actions as consent
from cordiale.consent import queries as consents
from cordiale.consent.rules import CHANNELS
from cordiale.customers import holdings
from cordiale.customers.models import Customer
from cordiale.errors import NotFound
from cordiale.home import current
from cordiale.identity import actions as identity
from cordiale.identity.queries import family
from cordiale.lake import open_lake
from cordiale.locks import exclusive
from cordiale.rights import scrub
from cordiale.rights.models import Erasure, Request, RequestKind, RequestState
from cordiale.webhooks import outbox, rules

Tell = Callable[[str], None]


def erase(
    customer: Customer, *, actor: Staff | str, reason: str, now: datetime, tell: Tell = lambda step: None
) -> Erasure:
    """Erase a person, under every number they were known by, and prove it. May take a minute on a large base.

    What stays: a keyed hash of each address on the opposition list, so that no import brings the person back into a
    mailing; figures that name nobody; the line of the register. What is cut off, `finish_erasures` takes up.
    """
    proof = erase_from_database(customer.pk, actor=actor, reason=reason, now=clock.require_aware(now))
    _finish([proof], now, tell)
    return proof


def finish_erasures(now: datetime, tell: Tell = lambda step: None) -> int:
    """Take up the erasures that are not through to the last file; how many are now. All of them in one go: a lake of
    many files is rewritten once, not once a person.
    """
    unfinished = list(Erasure.objects.filter(scrubbed_at=None).order_by("id"))
    if unfinished:
        _finish(unfinished, now, tell)
    return sum(one.scrubbed_at is not None for one in unfinished)


@transaction.atomic
def erase_from_database(
    customer_id: int, *, actor: Staff | str, reason: str, now: datetime, is_anonymised: bool = False
) -> Erasure:
    """The first step, after which nothing of the person shows anywhere; `finish_erasures` takes the files.

    `is_anonymised` keeps the orders and what became of messages, which then are nobody's.
    """
    numbers = family(customer_id)
    people = list(Customer.everyone.select_for_update().filter(pk__in=numbers, erased_at=None).order_by("pk"))
    if not people:
        raise NotFound(f"there is no customer {customer_id}; nothing was erased")
    for person in people:
        _keep_off_the_lists(person, now)
    proof = Erasure(
        customer_id=customer_id, numbers=numbers, actor=str(actor), reason=reason, asked_at=now,
        is_anonymised=is_anonymised,
    )  # fmt: skip
    for holding in reversed(holdings.registered()):
        proof.rows[holding.name] = holding.erase(numbers, now)
    outbox.note(rules.ERASED, {"customers": numbers}, now)  # after the holdings: theirs take the person's notices away
    names = [str(one) for one in numbers]
    proof.rows["audit"] = (
        AuditEntry.objects.filter(noun="customer", name__in=names).exclude(detail={}).update(detail={})
    )
    Request.objects.filter(customer_id__in=numbers, state=RequestState.OPEN, kind=RequestKind.ERASURE).update(
        state=RequestState.ANSWERED, closed_by=str(actor), closed_at=now
    )
    proof.save()
    audit("customer", str(customer_id), "erase", actor, {"erasure": proof.pk}, now)
    return proof


def _keep_off_the_lists(person: Customer, now: datetime) -> None:
    for channel in CHANNELS:
        if address := consents.address_of(person, channel):
            consent.oppose(channel, address, "objection", now)


def _finish(proofs: list[Erasure], now: datetime, tell: Tell) -> None:
    # One at a time in this home: the next one finds the files clean and has little to do.
    with exclusive(current().run / "erasure.lock", patience=600, doing="erasing somebody"):
        in_lake = [one for one in proofs if one.lake_at is None]
        if in_lake:
            tell("the lake")
            _from_lake(in_lake)
            Erasure.objects.filter(pk__in=[one.pk for one in in_lake]).update(lake_at=now)
        tell("the database's own files")
        try:
            is_scrubbed = scrub.scrub()
        except scrub.StillRead as reason:
            tell(str(reason))
        else:
            Erasure.objects.filter(pk__in=[one.pk for one in proofs]).update(scrubbed_at=now, is_scrubbed=is_scrubbed)
    for one in proofs:
        one.refresh_from_db()


def _from_lake(proofs: list[Erasure]) -> None:
    lake = open_lake()
    gone = [number for one in proofs if not one.is_anonymised for number in one.numbers]
    kept = [number for one in proofs if one.is_anonymised for number in one.numbers]
    if gone:
        lake.erase(gone)
    for table in ("events", "answers"):  # free text and properties may name the person; figures do not
        if kept:
            lake.remove(table, "customer_id", kept)
    identity.publish_aliases()
