"""`/api/v1/customers`: find customers, what is known of one, and where each value comes from. Writing is identity's."""

from __future__ import annotations

from typing import Annotated, Any

from django.http import HttpRequest
from ninja import Query, Router, Schema

from cordiale.accounts.api import KeyAuth, Problem
from cordiale.customers import history, profile, queries, sections
from cordiale.customers.models import Customer
from cordiale.customers.schemas import CustomerList, FoundCustomer, History, Profile, ToldValue, ValueHistory
from cordiale.ui import context

router = Router(tags=["customers"], auth=KeyAuth("customers.see"))
_LISTED = ("id", "reference", "first_name", "last_name", "email", "phone", "postcode", "city", "country",
           "created_at", "updated_at")  # fmt: skip


class WholeCustomer(Schema):
    """The profile, and in `parts` what each other part of the product knows, under its own name (`consents`, …)."""

    profile: Profile
    parts: dict[str, Any]


@router.get("", response=CustomerList, summary="List or search customers")
def list_customers(
    request: HttpRequest,
    q: Annotated[str, Query(max_length=200)] = "",
    after: Annotated[int, Query(ge=0)] = 0,
    limit: Annotated[int, Query(ge=1, le=queries.PAGE_AT_MOST)] = 50,
) -> CustomerList:
    """With `q`, the likeliest `limit` customers, best first, accents and slips forgiven; else all by number."""
    if q.strip():
        return CustomerList(
            customers=[_listed(one.customer, one.why) for one in queries.search(q, at_most=limit)], next_after=None
        )
    rows = list(Customer.objects.filter(id__gt=after).order_by("id")[: limit + 1])
    has_more = len(rows) > limit
    return CustomerList(
        customers=[_listed(one, None) for one in rows[:limit]], next_after=rows[limit - 1].pk if has_more else None
    )


@router.get("/{reference}", response={200: WholeCustomer, 404: Problem}, summary="Profile, traits, consents")
def show(request: HttpRequest, reference: str) -> dict[str, Any]:
    """The profile with its sources, and what each part of the product knows. 404 for an unknown reference."""
    customer = queries.get_customer(reference)
    return {"profile": profile.as_json(customer), "parts": sections.of(customer, context.present())}


@router.get("/{reference}/values", response={200: History, 404: Problem}, summary="Where each value comes from")
def values(request: HttpRequest, reference: str) -> History:
    """Every value every source told, the kept one first. 404 for an unknown reference."""
    customer = queries.get_customer(reference)
    return History(
        id=customer.pk,
        reference=customer.reference,
        fields=[
            ValueHistory(field=one.name, told=[_told(each) for each in one.told], more=one.more)
            for one in history.of(customer)
        ],
    )


def _listed(customer: Customer, why: str | None) -> FoundCustomer:
    return FoundCustomer(**{name: getattr(customer, name) for name in _LISTED}, found_by=why)


def _told(one: history.Told) -> ToldValue:
    return ToldValue(
        value=one.raw, source=one.source, at=one.at, received_at=one.received_at, certainty=one.certainty,
        standing=one.standing, is_kept=one.is_kept,
    )  # fmt: skip
