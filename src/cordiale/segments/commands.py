"""`segments …`: save, count, list, explain and remove segments."""

from __future__ import annotations

from dataclasses import asdict
from datetime import datetime
from typing import Annotated, Any

import typer

from cordiale import clock
from cordiale.company import company
from cordiale.customers.models import Customer
from cordiale.customers.queries import get_customer
from cordiale.insight.actions import ensure_snapshot
from cordiale.insight.queries import find_snapshot
from cordiale.segments import actions, queries
from cordiale.segments.models import Segment
from cordiale.segments.queries.explanation import RuleResult
from cordiale.ui import context, terminal

app = terminal.group("Named groups of customers, said as an expression.")
ACTOR = "cli"
MOST = 1_000

Title = Annotated[str | None, typer.Option(show_default=False)]
Limit = Annotated[int, typer.Option(min=1, max=MOST, help="Customers a page.")]
Page = Annotated[int, typer.Option(min=1, help="Which page, from 1.")]


@app.command("add")
def add(
    name: str,
    expr: str,
    title_fr: Title = None,
    title_en: Title = None,
    now: terminal.Now = None,
    as_json: terminal.Json = False,
    home: terminal.HomeFolder = None,
) -> None:
    """Save the segment NAME as the customers for whom EXPR holds; it may exist already."""
    instant = context.present(now)
    existing = Segment.objects.filter(name=name).first()
    title = {**(existing.title if existing else {}), **_titles(title_fr, title_en)}
    segment = actions.save_segment(name, expr, title=title, actor=ACTOR, now=instant)
    payload = {"name": name, "revision": segment.revision, "expression": expr, "title": segment.title}
    terminal.answer(payload, as_json=as_json, text=f"{name} is saved (revision {segment.revision})")


@app.command("count")
def count(
    name: Annotated[str | None, typer.Argument(show_default=False)] = None,
    expr: Annotated[str | None, typer.Option("--expr", help="An expression instead of a name.")] = None,
    now: terminal.Now = None,
    as_json: terminal.Json = False,
    home: terminal.HomeFolder = None,
) -> None:
    """Count the customers of the segment NAME, or for whom an expression holds."""
    instant, text = context.present(now), _text(name, expr)
    queries.parse(text)
    _snapshot(instant)
    found = queries.count(text, instant)
    share = f"{100 * found.share:.1f} %" if found.share is not None else "–"
    line = f"{found.matching} of {found.of} customers ({share}), counted in {found.seconds:.2f} s"
    terminal.answer({"name": name, "expression": text, **asdict(found)}, as_json=as_json, text=line)


@app.command("members")
def members(
    name: Annotated[str | None, typer.Argument(show_default=False)] = None,
    expr: Annotated[str | None, typer.Option("--expr", help="An expression instead of a name.")] = None,
    limit: Limit = 50,
    page: Page = 1,
    now: terminal.Now = None,
    as_json: terminal.Json = False,
    home: terminal.HomeFolder = None,
) -> None:
    """List the customers of the segment NAME, or for whom an expression holds, page by page."""
    instant, text = context.present(now), _text(name, expr)
    queries.parse(text)
    _snapshot(instant)
    found = queries.members_of(text, instant, limit=limit, offset=(page - 1) * limit)
    known = Customer.objects.in_bulk(found.customer_ids)
    rows = [
        {"id": number, "reference": known[number].reference, "name": known[number].full_name}
        for number in found.customer_ids
        if number in known
    ]
    payload = {"name": name, "total": found.total, "page": page, "limit": limit, "members": rows}
    terminal.answer(
        payload,
        as_json=as_json,
        text=lambda: terminal.table(
            "id", "reference", "name", rows=[tuple(row.values()) for row in rows], title=f"{found.total} customers"
        ),
    )


@app.command("explain")
def explain(
    name: str, customer: str, now: terminal.Now = None, as_json: terminal.Json = False, home: terminal.HomeFolder = None
) -> None:
    """Say rule by rule why CUSTOMER (a reference, or our number) is in the segment NAME or not."""
    instant = context.present(now)
    text, who = queries.get_segment(name).expression, get_customer(customer)
    _snapshot(instant)
    results = queries.explain(text, who.pk, instant)
    payload = {
        "name": name,
        "customer": {"id": who.pk, "reference": who.reference},
        "held": results[0].held,
        "rules": [asdict(one) for one in results],
    }
    terminal.answer(payload, as_json=as_json, text=lambda: _explained(name, who, results))


@app.command("list")
def list_segments(as_json: terminal.Json = False, home: terminal.HomeFolder = None) -> None:
    """List the segments, how many were in each when last evaluated, and their expressions."""
    columns = ("name", "title", "size", "evaluated_at", "expression", "problem")
    rows = [{column: getattr(one, column) for column in columns} for one in Segment.objects.order_by("name")]
    terminal.answer(
        rows,
        as_json=as_json,
        text=lambda: (
            terminal.table(
                "name",
                "customers",
                "expression",
                rows=[(row["name"], "–" if row["size"] is None else row["size"], row["expression"]) for row in rows],
            )
            if rows
            else "no segment yet; save one with: cordiale segments add NAME EXPR"
        ),
    )


@app.command("remove")
def remove(
    name: str, now: terminal.Now = None, as_json: terminal.Json = False, home: terminal.HomeFolder = None
) -> None:
    """Delete the segment NAME with its history, unless something uses it."""
    actions.delete_segment(name, actor=ACTOR, now=context.present(now))
    terminal.answer({"removed": name}, as_json=as_json, text=f"{name} is removed")


def _text(name: str | None, expr: str | None) -> str:
    if (name is None) == (expr is None):
        raise typer.BadParameter("give a segment's NAME or --expr, one of the two")
    return queries.get_segment(name).expression if name is not None else str(expr)


def _snapshot(now: datetime) -> None:
    """Make sure the day's traits exist; says so on standard error where they have to be computed."""
    if find_snapshot(clock.local_day(now, company().zone)) is not None:
        ensure_snapshot(now)
        return
    with terminal.progress("Computing the day's traits"):
        ensure_snapshot(now)


def _titles(french: str | None, english: str | None) -> dict[str, str]:
    return {language: title for language, title in (("fr", french), ("en", english)) if title is not None}


def _explained(name: str, who: Customer, results: list[RuleResult]) -> Any:
    is_in = "is in" if results[0].held else "is not in"
    return terminal.table(
        "",
        "place",
        "rule",
        "values",
        rows=[
            (
                "yes" if one.held else "no",
                f"{one.line}:{one.column}",
                "  " * one.depth + _heading(one),
                ", ".join(f"{label} = {_shown(value)}" for label, value in one.values.items()),
            )
            for one in results
        ],
        title=f"{who.full_name or who.reference} {is_in} '{name}'",
    )


def _heading(rule: RuleResult) -> str:
    return {"every": "all of", "some": "at least one of", "not": "not"}.get(rule.shape) or rule.text


def _shown(value: Any) -> str:
    if value is None:
        return "unknown"
    return f"{value:.2f}" if isinstance(value, float) else str(value)
