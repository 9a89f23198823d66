"""`/api/v1/decisions`: why a customer was or was not contacted."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest
from ninja import Router

from cordiale.accounts.api import KeyAuth
from cordiale.customers.queries import get_customer
from cordiale.decisions import queries
from cordiale.ui import context

router = Router(tags=["decisions"], auth=KeyAuth("decisions.see"))


@router.get("/{reference}", summary="Every decision on one customer, in words and values")
def explain(request: HttpRequest, reference: str, programme: str = "") -> dict[str, Any]:
    """Proposals with their verdicts, and why nothing was proposed elsewhere. 404 for an unknown reference."""
    customer = get_customer(reference)
    return {"customer": customer.reference} | queries.explain(customer.pk, context.present(), programme).as_json()
