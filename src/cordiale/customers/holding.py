"""What this package holds about a person: the profile, and what every source said. How it is given out and erased."""

from __future__ import annotations

import secrets
from collections.abc import Sequence
from datetime import datetime
from typing import Any

from django.db import transaction

from cordiale.customers import golden, profile, words
from cordiale.customers.holdings import Holding, register
from cordiale.customers.models import Customer, Submission

_BLANK: dict[str, Any] = dict.fromkeys(("first_name", "last_name", "email", "phone", "street", "postcode", "city"), "")


def register_holding() -> None:
    """Called once, when Django is ready. The lowest order: everything that refers to a customer goes before."""
    register(Holding(name="customers", order=0, export=export, erase=erase))


def export(customer_ids: Sequence[int]) -> dict[str, Any] | None:
    """The profiles, and every submission with its source and date."""
    customers = list(Customer.everyone.filter(id__in=customer_ids, erased_at__isnull=True).order_by("id"))
    if not customers:
        return None
    columns = ("customer_id", "source", "at", "certainty", "standing", "values", "received_at")
    said = Submission.objects.filter(customer_id__in=customer_ids).order_by("at", "id")
    return {"profile": [profile.as_json(one) for one in customers], "submissions": list(said.values(*columns))}


@transaction.atomic
def erase(customer_ids: Sequence[int], now: datetime) -> int:
    """Forget these customers and those merged into them; how many rows were touched.

    Of each a blank row with a random reference stays, hidden everywhere: what must be kept (a proof of consent, a sum)
    goes on pointing to somebody who is nobody.
    """
    family = sorted({one for members in golden.families(customer_ids).values() for one in members})
    rows = list(Customer.everyone.filter(id__in=family, erased_at__isnull=True).select_for_update().order_by("id"))
    names = [text for one in rows for text in (one.first_name, one.last_name) if text]
    said = Submission.objects.filter(customer_id__in=family)
    names += [str(text) for values in said.values_list("values", flat=True) for text in _names(values)]
    touched, _by_model = said.delete()
    for one in rows:
        _blank(one, now)
    words.forget(names)
    return touched + len(rows)


def _names(values: dict[str, Any]) -> list[Any]:
    return [values[name] for name in ("first_name", "last_name") if values.get(name)]


def _blank(customer: Customer, now: datetime) -> None:
    Customer.everyone.filter(id=customer.pk).update(
        **_BLANK, **golden.unset(), declared={}, sources={},
        reference=f"erased-{secrets.token_hex(12)}", erased_at=now, updated_at=now, restricted_at=None,
        merged_into=customer.pk,
    )  # fmt: skip
