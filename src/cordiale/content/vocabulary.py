"""The variables a template may name, and their values for given people."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any

from django.conf import settings

from cordiale import clock
from cordiale.company import Company, company
from cordiale.consent import links
from cordiale.content.rules.generator import Vocabulary
from cordiale.customers.models import Customer
from cordiale.facts.categories import promoted_label
from cordiale.insight import queries as insight

CUSTOMER = (
    "first_name", "last_name", "reference", "city", "postcode", "country", "language", "birth_on",
)  # fmt: skip
COMPANY = ("name", "postal_address", "sender_name", "sender_email")
LINKS = ("unsubscribe", "preferences")


def variables() -> Vocabulary:
    """What templates may name: `customer.…`, `traits.…`, `company.…`, `links.…` and four plain values."""
    return {
        "customer": frozenset(CUSTOMER),
        "traits": frozenset(trait.name for trait in insight.traits()),
        "company": frozenset(COMPANY),
        "links": frozenset(LINKS),
        "favourite_category": None,
        "last_category": None,
        "language": None,
        "today": None,
    }


def contexts(customer_ids: Iterable[int], now: datetime) -> dict[int, dict[str, Any]]:
    """The templates' variables for each customer, but `links` (see `links_of`). Unknown customers are left out.

    Three statements whatever the number of people; traits are those of the latest snapshot.
    """
    wanted = list(customer_ids)
    ours = company()
    about_us = {name: getattr(ours, name) for name in COMPANY}
    traits = _traits(wanted)
    today = clock.local_day(now, ours.zone)
    rows = Customer.objects.filter(pk__in=wanted).values("id", *CUSTOMER)
    return {
        row["id"]: _context(row, traits.get(row["id"], {}), ours) | {"company": about_us, "today": today}
        for row in rows
    }


def _traits(customer_ids: list[int]) -> Mapping[int, Mapping[str, Any]]:
    return {row["customer_id"]: row for row in insight.traits_of(customer_ids).to_pylist()}


def _context(row: dict[str, Any], traits: Mapping[str, Any], ours: Company) -> dict[str, Any]:
    language = row["language"] if row["language"] in ours.languages else ours.languages[0]
    return {
        "customer": {name: row[name] for name in CUSTOMER},
        "traits": traits,
        "favourite_category": promoted_label(traits.get("favourite_category"), language),
        "last_category": promoted_label(traits.get("last_category"), language),
        "language": language,
    }


def links_of(reference: links.Reference) -> dict[str, str]:
    """The links of one message. Both lead to the same page: leaving is as near as choosing."""
    page = f"{settings.BASE_URL}/c/{links.sign(reference)}/"
    return {"unsubscribe": page, "preferences": f"{page}#preferences"}
