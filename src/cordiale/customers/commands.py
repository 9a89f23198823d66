"""`customers …`: find a customer, show everything known of one."""

from __future__ import annotations

from typing import Any

from rich.console import Group

from cordiale.customers import profile, queries, sections
from cordiale.customers.models import Customer
from cordiale.ui import context, terminal

app = terminal.group("Find customers and show what is known of one.")


@app.command("show")
def show(customer: str, as_json: terminal.Json = False, home: terminal.HomeFolder = None) -> None:
    """Show the profile of CUSTOMER (a reference, or our number) and what the other parts know."""
    found = queries.get_customer(customer)
    parts = sections.of(found, context.present())
    payload = {"profile": profile.as_json(found), **parts}
    terminal.answer(payload, as_json=as_json, text=lambda: _as_text(found, parts))


@app.command("find")
def find(text: str, as_json: terminal.Json = False, home: terminal.HomeFolder = None) -> None:
    """Find at most 20 customers by name, email, phone, card or reference; accents and slips are forgiven."""
    rows = [_found(one) for one in queries.search(text, at_most=queries.FOUND_AT_MOST)]
    terminal.answer(
        rows,
        as_json=as_json,
        text=lambda: terminal.table(*rows[0], rows=[tuple(row.values()) for row in rows]) if rows else "nobody found",
    )


def _found(one: queries.Found) -> dict[str, Any]:
    who = one.customer
    told = {"id": who.id, "reference": who.reference, "name": who.full_name, "email": who.email, "city": who.city}
    return told | {"found_by": one.why}


def _as_text(customer: Customer, parts: dict[str, Any]) -> Group:
    rows = [
        (str(one.label), str(one.value), "" if not one.source else one.source)
        for one in [*profile.values(customer), *profile.declared(customer)]
    ]
    tables = [terminal.table("field", "value", "source", rows=rows, title=customer.full_name or customer.reference)]
    tables += [terminal.table("name", "value", rows=_pairs(part), title=name) for name, part in parts.items()]
    return Group(*tables)


def _pairs(part: Any) -> list[tuple[str, str]]:
    if isinstance(part, dict):
        return [(str(name), str(value)) for name, value in part.items()]
    if isinstance(part, list):
        return [(str(number), _line(one)) for number, one in enumerate(part, start=1)]
    return [("", str(part))]


def _line(one: Any) -> str:
    return " · ".join(f"{name}: {value}" for name, value in one.items()) if isinstance(one, dict) else str(one)
