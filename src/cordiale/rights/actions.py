"""Verbs on requests: open, extend, close; and what is done at once: restrict, object."""

from __future__ import annotations

from datetime import datetime

from django.db import transaction

from cordiale import clock
from cordiale.accounts.actions import audit
from cordiale.accounts.models import Staff
from cordiale.company import company
from cordiale.consent import actions as consent
from cordiale.customers.models import Customer
from cordiale.customers.signals import customers_changed
from cordiale.errors import CordialeError, NotFound, Refused
from cordiale.rights import deadlines
from cordiale.rights.models import Request, RequestKind, RequestState

CHANNELS = ("email", "letter", "phone", "shop", "page")


@transaction.atomic
def open_request(
    customer: Customer, kind: str, *, channel: str, note: str, received_at: datetime, actor: Staff | str, now: datetime
) -> Request:
    """Enter a request in the register; its clock runs from `received_at`. Raises CordialeError for a wrong value."""
    if kind not in RequestKind.values:
        raise CordialeError(f"'{kind}' is no kind of request; write one of {', '.join(RequestKind.values)}")
    if channel not in CHANNELS:
        raise CordialeError(f"'{channel}' is no way to ask; write one of {', '.join(CHANNELS)}")
    if received_at > now:
        raise CordialeError("a request cannot have been received in the future; check its date")
    received_on = clock.local_day(clock.require_aware(received_at), company().zone)
    request = Request.objects.create(
        kind=kind, customer_id=customer.pk, received_at=received_at, channel=channel, note=note.strip(),
        due_on=deadlines.due_on(received_on), opened_by=str(actor),
    )  # fmt: skip
    audit("request", str(request.pk), "open", actor, {"kind": kind, "customer": customer.pk}, now)
    return request


@transaction.atomic
def extend_request(request_id: int, reason: str, *, actor: Staff | str, now: datetime) -> Request:
    """Take two more months, which the person must be told. Raises Refused once the first month is over."""
    request = _open(request_id)
    today, zone = clock.local_day(now, company().zone), company().zone
    received_on = clock.local_day(request.received_at, zone)
    if request.extension_reason:
        raise Refused("this request was extended already; the law allows it once")
    if today > deadlines.due_on(received_on):
        raise Refused("the first month is over: an extension had to be announced within it; answer now")
    if not reason.strip():
        raise CordialeError("say why the request is complex: the person is told so")
    request.extension_reason = reason.strip()[:300]
    request.due_on = deadlines.due_on(received_on, is_extended=True)
    request.save()
    audit("request", str(request.pk), "extend", actor, {"until": str(request.due_on)}, now)
    return request


@transaction.atomic
def close_request(request_id: int, state: str, answer: str, *, actor: Staff | str, now: datetime) -> Request:
    """Answer or refuse a request. A refusal needs its reason (the person may complain about it)."""
    request = _open(request_id)
    if state not in (RequestState.ANSWERED, RequestState.REFUSED):
        raise CordialeError(f"a request is closed as {RequestState.ANSWERED} or {RequestState.REFUSED}, not '{state}'")
    if state == RequestState.REFUSED and not answer.strip():
        raise CordialeError("write why the request is refused: the person must be told, and may complain")
    request.state, request.answer = state, answer.strip()
    request.closed_by, request.closed_at = str(actor), clock.require_aware(now)
    request.save()
    audit("request", str(request.pk), "close", actor, {"state": state}, now)
    return request


@transaction.atomic
def restrict(customer: Customer, *, actor: Staff | str, now: datetime) -> None:
    """Restriction of processing (RGPD art. 18): data are kept, nothing is done with them until it is lifted."""
    _set_restriction(customer, now, actor, now)


@transaction.atomic
def lift_restriction(customer: Customer, *, actor: Staff | str, now: datetime) -> None:
    """Process again; the person is to be told before (RGPD art. 18(3))."""
    _set_restriction(customer, None, actor, now)


@transaction.atomic
def stop_marketing(customer: Customer, *, channel: str, actor: Staff | str, now: datetime) -> int:
    """Objection to marketing (RGPD art. 21): all purposes through all channels end; how many were granted."""
    origin = consent.Origin(source="phone call" if channel == "phone" else "reply", language=customer.language)
    changed = consent.stop_everything(customer, now, origin)
    audit("customer", str(customer.pk), "object", actor, {"channel": channel}, now)
    return sum(1 for _purpose, _channel, was_granted in changed if was_granted)


def _set_restriction(customer: Customer, since: datetime | None, actor: Staff | str, now: datetime) -> None:
    locked = Customer.objects.select_for_update().get(pk=customer.pk)
    if (locked.restricted_at is None) == (since is None):
        return
    locked.restricted_at = since
    locked.updated_at = now
    locked.save(update_fields=["restricted_at", "updated_at"])
    customer.restricted_at = since
    customers_changed.send(
        _set_restriction, customer_ids=[customer.pk], fields=["restricted_at"], is_new=False, now=now
    )
    audit("customer", str(customer.pk), "restrict" if since else "lift restriction", actor, None, now)


def _open(request_id: int) -> Request:
    request = Request.objects.select_for_update().filter(pk=request_id).first()
    if request is None:
        raise NotFound(f"there is no request number {request_id}; see the register of requests")
    if request.state != RequestState.OPEN:
        raise Refused(f"request {request_id} was closed on {request.closed_at:%Y-%m-%d}; open a new one")
    return request
