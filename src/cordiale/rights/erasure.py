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

Tell = Callable[[str], None]


def erase(
    customer: Customer, *, actor: Staff | str, reason: str, now: datetime, tell: Tell = lambda step: None
) -> Erasure:
    """Erase a person, under every number they were known by, and prove it. May take a minute on a large base.

    What stays: a keyed hash of each address on the opposition list, so that no import brings the person back into a
    mailing; figures that name nobody; the line of the register. A second call finishes what was cut off.
    """
    erasure = _from_database(customer.pk, actor, reason, clock.require_aware(now))
    _finish(erasure, now, tell)
    return erasure


def finish_erasures(now: datetime, tell: Tell = lambda step: None) -> int:
    """Take up the erasures that were cut off between the database and the last file; how many."""
    unfinished = list(Erasure.objects.filter(scrubbed_at=None).order_by("id"))
    for erasure in unfinished:
        _finish(erasure, now, tell)
    return len(unfinished)


@transaction.atomic
def _from_database(customer_id: int, actor: Staff | str, reason: str, now: datetime) -> Erasure:
    numbers = family(customer_id)
    people = list(Customer.everyone.select_for_update().filter(pk__in=numbers).order_by("pk"))
    if not people:
        raise NotFound(f"there is no customer {customer_id}; nothing was erased")
    for person in people:
        _keep_off_the_lists(person, now)
    erasure = Erasure(customer_id=customer_id, numbers=numbers, actor=str(actor), reason=reason, asked_at=now)
    for holding in reversed(holdings.registered()):
        erasure.rows[holding.name] = holding.erase(numbers, now)
    erasure.rows["audit"] = AuditEntry.objects.filter(noun="customer", name__in=[str(one) for one in numbers]).update(
        detail={}
    )
    _answer_requests(numbers, str(actor), now)
    erasure.save()
    audit("customer", str(customer_id), "erase", actor, {"erasure": erasure.pk}, now)
    return erasure


def _keep_off_the_lists(person: Customer, now: datetime) -> None:
    for channel in CHANNELS:
        if address := consents.address_of(person, channel):
            consent.oppose(channel, address, "objection", now)


def _answer_requests(numbers: list[int], actor: str, now: datetime) -> None:
    """The lines stay, without a word that could name the person; what was still open is answered by this."""
    theirs = Request.objects.filter(customer_id__in=numbers)
    theirs.update(note="", extension_reason="")
    theirs.filter(state=RequestState.OPEN, kind=RequestKind.ERASURE).update(
        state=RequestState.ANSWERED, closed_by=actor, closed_at=now, answer=""
    )
    theirs.exclude(state=RequestState.OPEN).update(answer="")


def _finish(erasure: Erasure, now: datetime, tell: Tell) -> None:
    # One at a time in this home: the next one finds the files clean and has little to do.
    with exclusive(current().run / "erasure.lock", patience=600, doing="erasing somebody"):
        if erasure.lake_at is None:
            tell("the lake")
            open_lake().erase(erasure.numbers)
            identity.publish_aliases()
            erasure.lake_at = now
            erasure.save(update_fields=["lake_at"])
        if erasure.scrubbed_at is None:
            tell("the database's own files")
            erasure.is_scrubbed = scrub.scrub()
            erasure.scrubbed_at = now
            erasure.save(update_fields=["scrubbed_at", "is_scrubbed"])
