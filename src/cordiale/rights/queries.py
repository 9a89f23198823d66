"""Reads of the register of requests and of what an erasure would touch."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from django.db.models import QuerySet

from cordiale import clock
from cordiale.company import company
from cordiale.customers import holdings
from cordiale.customers.models import Customer
from cordiale.errors import NotFound
from cordiale.identity.queries import family
from cordiale.lake import open_lake
from cordiale.lake.tables import FACTS
from cordiale.rights.models import Erasure, Expiry, ExpiryState, Request, RequestState
from cordiale.rights.words import part

SOON_DAYS = 7


@dataclass(frozen=True)
class Line:
    """A request as lists show it: days left until it is due (below zero: late), and its customer while there is one."""

    request: Request
    days_left: int
    customer: Customer | None

    @property
    def is_late(self) -> bool:
        """Is it open after its last day?"""
        return self.days_left < 0 and self.request.state == RequestState.OPEN

    @property
    def is_soon(self) -> bool:
        """Is it open and due within a week?"""
        return 0 <= self.days_left <= SOON_DAYS and self.request.state == RequestState.OPEN


@dataclass(frozen=True)
class Held:
    """A part of what is held about a person, in words, and how many entries it has."""

    title: str
    count: int


def requests(*, is_open: bool) -> QuerySet[Request]:
    """Open requests, the most urgent first; or closed ones, the newest first."""
    if is_open:
        return Request.objects.filter(state=RequestState.OPEN).order_by("due_on", "id")
    return Request.objects.exclude(state=RequestState.OPEN).order_by("-closed_at", "-id")


def lines(found: list[Request], now: datetime) -> list[Line]:
    """The requests of one page with their customers."""
    today = clock.local_day(now, company().zone)
    people = Customer.objects.in_bulk([one.customer_id for one in found])
    return [Line(one, _days_left(one, today), people.get(one.customer_id)) for one in found]


def get_request(request_id: int) -> Request:
    """The request with a number. Raises NotFound."""
    found = Request.objects.filter(pk=request_id).first()
    if found is None:
        raise NotFound(f"there is no request number {request_id}; see the register of requests")
    return found


def count_late(now: datetime) -> int:
    """Open requests whose last day is over."""
    today = clock.local_day(now, company().zone)
    return Request.objects.filter(state=RequestState.OPEN, due_on__lt=today).count()


def of_customer(customer_id: int) -> list[Request]:
    """The newest requests of a customer, 20 at most."""
    return list(Request.objects.filter(customer_id=customer_id).order_by("-received_at", "-id")[:20])


def erasures() -> QuerySet[Erasure]:
    """Proofs of erasure, newest first."""
    return Erasure.objects.order_by("-asked_at", "-id")


def expiries(state: str) -> QuerySet[Expiry]:
    """People whose time is over, in one state; the next to go first."""
    return Expiry.objects.filter(state=state).order_by("due_on", "id")


def expiry_counts() -> list[tuple[str, str, int]]:
    """Each state with its title and number."""
    return [(one.value, str(one.label), Expiry.objects.filter(state=one.value).count()) for one in ExpiryState]


def with_customers(found: list[Expiry]) -> list[tuple[Expiry, Customer | None]]:
    """Each with its customer, None once gone."""
    people = Customer.objects.in_bulk([one.customer_id for one in found])
    return [(one, people.get(one.customer_id)) for one in found]


def held(customer_id: int) -> list[Held]:
    """What an export holds and an erasure takes, part by part; only parts that hold something."""
    numbers = family(customer_id)
    parts = [Held(part(one.name), _entries(one.export(numbers))) for one in holdings.registered()]
    lake = open_lake()
    for table in FACTS:
        rows = lake.query(f"SELECT count(*) AS n FROM {table}", only_customers=[customer_id])
        parts.append(Held(part(table), int(rows.column("n")[0].as_py())))
    return [one for one in parts if one.count]


def as_json(request: Request) -> dict[str, Any]:
    """A request for commands and the API."""
    return {
        "id": request.pk, "kind": request.kind, "customer_id": request.customer_id, "state": request.state,
        "channel": request.channel, "received_at": request.received_at, "due_on": request.due_on,
        "extension_reason": request.extension_reason, "closed_at": request.closed_at, "answer": request.answer,
    }  # fmt: skip


def _days_left(request: Request, today: date) -> int:
    return (request.due_on - today).days


def _entries(exported: Any) -> int:
    if isinstance(exported, list):
        return len(exported)
    return 1 if exported else 0
