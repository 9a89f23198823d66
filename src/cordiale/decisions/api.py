"""`/api/v1/decisions`: why a customer was or was not contacted."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any

from django.http import HttpRequest
from ninja import Query, Router, Schema

from cordiale.accounts.api import KeyAuth, Problem
from cordiale.customers.queries import get_customer
from cordiale.decisions import queries
from cordiale.ui import context

router = Router(tags=["decisions"], auth=KeyAuth("decisions.see"))


class DecisionOut(Schema):
    """One answer to a proposal: the rule that decided, in words, and the values it saw (by the rule's own names)."""

    at: datetime
    verdict: str
    rule: str
    words: str
    values: dict[str, Any]


class ProposalOut(Schema):
    """A contact that was proposed. `verdict` to `values` are of the last decision (`open` while it waits for its
    first); `decisions` has all, newest first."""

    proposal_id: int
    programme: str
    step: str
    channel: str
    purpose: str
    template: str
    proposed_at: datetime
    is_open: bool
    verdict: str
    rule: str
    words: str
    values: dict[str, Any]
    decisions: list[DecisionOut]


class WhyNotOut(Schema):
    """Why a programme proposed nothing."""

    programme: str
    rule: str
    words: str
    values: dict[str, Any]


class CustomerExplained(Schema):
    """The latest 200 proposals, newest first, and why nothing was proposed elsewhere."""

    customer: str
    customer_id: int
    proposals: list[ProposalOut]
    why_not: list[WhyNotOut]


@router.get(
    "/{reference}", response={200: CustomerExplained, 404: Problem},
    summary="Every decision on one customer, in words and values",
)  # fmt: skip
def explain(
    request: HttpRequest, reference: str, programme: Annotated[str, Query(max_length=80)] = ""
) -> dict[str, Any]:
    """Of one programme where it is named. 404 for an unknown reference."""
    customer = get_customer(reference)
    return {"customer": customer.reference} | queries.explain(customer.pk, context.present(), programme).as_json()
