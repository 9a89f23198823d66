"""`customers merge` and `customers unmerge`."""

from __future__ import annotations

from typing import Annotated

import typer

from cordiale.customers.models import Customer
from cordiale.customers.queries import get_customer
from cordiale.errors import NotFound
from cordiale.identity import actions
from cordiale.ui import context, terminal

Reason = Annotated[str, typer.Option("--reason", help="Why, in a few words; kept with the merge.")]


def merge(
    survivor: str, merged: str, reason: Reason = "", as_json: terminal.Json = False, home: terminal.HomeFolder = None
) -> None:
    """Merge customer MERGED into SURVIVOR (references, or our numbers). `customers unmerge` takes it back."""
    one, other = get_customer(survivor), get_customer(merged)
    made = actions.merge(one.id, other.id, actor="cli", reason=reason, now=context.present())
    payload = {"merge": made.pk, "survivor": one.id, "merged": other.id, "at": made.at}
    text = f"{other} ({other.id}) is merged into {one} ({one.id}); take it back with: customers unmerge {other.id}"
    terminal.answer(payload, as_json=as_json, text=text)


def unmerge(customer: str, as_json: terminal.Json = False, home: terminal.HomeFolder = None) -> None:
    """Take back the merge of CUSTOMER (the merged one's reference or number): both are as they were."""
    number = _merged(customer)
    taken = actions.unmerge(number, actor="cli", now=context.present())
    payload = {"merge": taken.pk, "survivor": taken.survivor_id, "unmerged": number}
    terminal.answer(payload, as_json=as_json, text=f"customer {number} is a customer of its own again")


def _merged(name: str) -> int:
    """The merged customer's own number: `get_customer` would follow the merge."""
    found = Customer.everyone.filter(reference=name).first()
    if found is None and name.isdecimal() and len(name) < 19:
        found = Customer.everyone.filter(id=int(name)).first()
    if found is None:
        raise NotFound(f"no customer has the reference or number '{name}'; see the list of merges")
    return found.id
