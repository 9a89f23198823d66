"""`cases …`: list, open and resolve service cases."""

from __future__ import annotations

from typing import Annotated

import typer

from cordiale.cases import actions, queries, words
from cordiale.cases.api import as_json as described
from cordiale.cases.rules import Opening
from cordiale.customers.queries import get_customer
from cordiale.errors import CordialeError
from cordiale.ui import context, terminal

app = terminal.group("Service cases: what customers ask of us.")
ACTOR = "cli"
Limit = Annotated[int, typer.Option(min=1, max=1000, help="How many at most.")]


@app.command("list")
def list_cases(
    tab: Annotated[str, typer.Option(help="all (not resolved), unassigned, or resolved.")] = "all",
    customer: Annotated[str, typer.Option(help="A reference or our number.", show_default=False)] = "",
    limit: Limit = 50,
    as_json: terminal.Json = False,
    home: terminal.HomeFolder = None,
) -> None:
    """List cases, who waits longest first."""
    if tab not in queries.TABS or tab == "mine":
        raise CordialeError(f"'{tab}' is no list of cases; choose all, unassigned or resolved")
    found, now = queries.inbox(queries.Filters(tab=tab)), context.present()
    if customer:
        found = found.filter(customer=get_customer(customer))
    rows = list(found[:limit])
    lines = [(one, words.in_list(one, now)) for one in rows]
    terminal.answer(
        [described(one) for one in rows],
        as_json=as_json,
        text=lambda: (
            terminal.table(
                "number", "subject", "customer", "state", "waits", "handler",
                rows=[(str(one.pk), shown["subject"], str(one.customer or ""), one.state, shown["waits"],
                       str(one.handler or "")) for one, shown in lines],
            )
            if rows
            else "no case"
        ),
    )  # fmt: skip


@app.command("open")
def open_case(
    customer: str,
    subject: str,
    channel: Annotated[str, typer.Option(help="phone, email, store, web, chat, social or letter.")] = "phone",
    category: Annotated[str, typer.Option(help="A code of company/cases.yaml.")] = "other",
    text: Annotated[str, typer.Option(help="What the customer asks.", show_default=False)] = "",
    priority: Annotated[int, typer.Option(min=1, max=3, help="1 high, 2 normal, 3 low.")] = 2,
    now: terminal.Now = None,
    as_json: terminal.Json = False,
    home: terminal.HomeFolder = None,
) -> None:
    """Open a case about SUBJECT for CUSTOMER (a reference, or our number)."""
    opening = Opening(
        customer_id=get_customer(customer).pk, channel=channel, subject=subject, text=text, category=category,
        priority=priority, source=ACTOR,
    )  # fmt: skip
    case = actions.open_case(opening, actor=ACTOR, now=context.present(now))
    terminal.answer(described(case), as_json=as_json, text=f"case {case.pk} is open")


@app.command("resolve")
def resolve(
    number: int,
    answer: Annotated[str, typer.Option(help="What we answered last.", show_default=False)] = "",
    now: terminal.Now = None,
    as_json: terminal.Json = False,
    home: terminal.HomeFolder = None,
) -> None:
    """Resolve the case NUMBER."""
    actions.resolve(number, answer, actor=ACTOR, now=context.present(now))
    terminal.answer(described(queries.get_case(number)), as_json=as_json, text=f"case {number} is resolved")
