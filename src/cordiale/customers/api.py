"""`/api/v1/customers`: what is known of one customer."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest
from ninja import Router

from cordiale.accounts.api import KeyAuth
from cordiale.customers import profile, queries, sections
from cordiale.ui import context

router = Router(tags=["customers"], auth=KeyAuth("customers.see"))


@router.get("/{reference}", summary="Profile, traits, consents")
def show(request: HttpRequest, reference: str) -> dict[str, Any]:
    """The profile with its sources, and what each part of the product knows. 404 for an unknown reference."""
    customer = queries.get_customer(reference)
    return {"profile": profile.as_json(customer), **sections.of(customer, context.present())}
