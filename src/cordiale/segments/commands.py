"""`segments …`: save, count, list, explain and remove segments."""

from __future__ import annotations

import os
from dataclasses import asdict
from datetime import date, datetime
from pathlib import Path
from typing import Annotated, Any

import typer

from cordiale import clock
from cordiale.company import company
from cordiale.customers.models import Customer
from cordiale.customers.queries import get_customer
from cordiale.errors import CordialeError
from cordiale.insight.actions import ensure_snapshot
from cordiale.insight.queries import find_snapshot
from cordiale.lake import until_interrupted
from cordiale.lake.choosing import Engine
from cordiale.segments import actions, loading, queries
from cordiale.segments.models import Segment
from cordiale.segments.queries.explanation import RuleResult
from cordiale.ui import context, terminal

app = terminal.group("Named groups of customers, said as an expression.")
ACTOR = "cli"
MOST = 1_000

Title = Annotated[str | None, typer.Option(show_default=False)]
Limit = Annotated[int, typer.Option(min=1, max=MOST, help="Customers a page.")]
Day = Annotated[str | None, typer.Option(help="A day, YYYY-MM-DD.", show_default=False)]
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
    engine: Engine = None,
    as_json: terminal.Json = False,
    home: terminal.HomeFolder = None,
) -> None:
    """Count the customers of the segment NAME, or for whom an expression holds."""
    instant, text = context.present(now), _text(name, expr)
    queries.parse(text)
    _snapshot(instant)
    with until_interrupted() as stop:
        found = queries.count(text, instant, stop=stop)
    share = f"{100 * found.share:.1f} %" if found.share is not None else "–"
    line = f"{found.matching} of {found.of} customers ({share}), counted in {found.seconds:.2f} s"
    terminal.answer({"name": name, "expression": text, **asdict(found)}, as_json=as_json, text=line)


@app.command("members")
def members(
    name: Annotated[str | None, typer.Argument(show_default=False)] = None,
    expr: Annotated[str | None, typer.Option("--expr", help="An expression instead of a name.")] = None,
    on: Day = None,
    limit: Limit = 50,
    page: Page = 1,
    now: terminal.Now = None,
    engine: Engine = None,
    as_json: terminal.Json = False,
    home: terminal.HomeFolder = None,
) -> None:
    """List the customers of the segment NAME, or for whom an expression holds, page by page.

    With --on, those who were in NAME when that day ended.
    """
    instant, text = context.present(now), _text(name, expr)
    found = _members(name, text, _day(on), instant, limit, (page - 1) * limit)
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


@app.command("history")
def history(
    name: str,
    start: Day = None,
    end: Day = None,
    now: terminal.Now = None,
    as_json: terminal.Json = False,
    home: terminal.HomeFolder = None,
) -> None:
    """Show how many were in the segment NAME each day (the last 90), and how many came and went."""
    days = queries.history(name, context.present(now), start=_day(start), end=_day(end))
    payload = {"name": name, "days": [asdict(one) for one in days]}
    rows = [(one.day, one.size, one.entered, one.left) for one in days]
    terminal.answer(
        payload,
        as_json=as_json,
        text=lambda: terminal.table("day", "customers", "entered", "left", rows=rows, title=name),
    )


@app.command("overlap")
def overlap(
    names: list[str],
    now: terminal.Now = None,
    engine: Engine = None,
    as_json: terminal.Json = False,
    home: terminal.HomeFolder = None,
) -> None:
    """Count who is in which of 2 to 8 segments at once: every combination that anybody is in."""
    instant = context.present(now)
    _snapshot(instant)
    with until_interrupted() as stop:
        found = queries.overlap(names, instant, cancel=stop)
    rows = [(" + ".join(one.names), one.customers) for one in found.intersections]
    terminal.answer(
        {"names": names, **asdict(found)},
        as_json=as_json,
        text=lambda: terminal.table("in exactly", "customers", rows=rows, title=_sizes(found)),
    )


@app.command("load")
def load(
    name: str,
    file: Path,
    add: Annotated[bool, typer.Option("--add", help="Keep those who are on the list.")] = False,
    remove_them: Annotated[bool, typer.Option("--remove", help="Take these people off the list.")] = False,
    columns: Annotated[list[str] | None, typer.Option("--as", help="What a column is, e.g. 'Member no=card'.")] = None,
    title_fr: Title = None,
    title_en: Title = None,
    now: terminal.Now = None,
    as_json: terminal.Json = False,
    home: terminal.HomeFolder = None,
) -> None:
    """Make the static segment NAME the people of FILE (CSV, Excel or Parquet: reference, card, email, phone or id)."""
    if add and remove_them:
        raise typer.BadParameter("give --add or --remove, not both")
    done = loading.load(
        name, file, how="add" if add else "remove" if remove_them else "replace", columns=_columns(columns),
        title=_titles(title_fr, title_en), actor=ACTOR, now=context.present(now),
    )  # fmt: skip
    line = f"{name}: {done.added} added, {done.removed} removed, {done.size} on the list; {done.not_found} not found"
    rows = [(one.row, one.reason, one.said) for one in done.missing[:MOST]]
    terminal.answer(
        {"name": name, **asdict(done)},
        as_json=as_json,
        text=lambda: terminal.table("row", "reason", "said", rows=rows, title=line) if rows else line,
    )


@app.command("export")
def export(
    name: str,
    file: Path,
    now: terminal.Now = None,
    engine: Engine = None,
    as_json: terminal.Json = False,
    home: terminal.HomeFolder = None,
) -> None:
    """Write the members of the segment NAME, evaluated now, to the CSV FILE."""
    instant = context.present(now)
    queries.get_segment(name)
    _snapshot(instant)
    lines = queries.export(name, actor=ACTOR, now=instant)
    written = 0
    with os.fdopen(
        os.open(file, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w", encoding="utf-8", newline=""
    ) as out:
        for line in lines:
            out.write(line)
            written += 1
    payload = {"name": name, "file": str(file), "members": written - 1}
    terminal.answer(payload, as_json=as_json, text=f"{written - 1} members are in {file}")


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


def _members(name: str | None, text: str, on: date | None, now: datetime, limit: int, offset: int) -> queries.Members:
    if on is not None:
        if name is None:
            raise typer.BadParameter("--on asks of a segment's NAME")
        return queries.members_on(name, on, now, limit=limit, offset=offset)
    queries.parse(text)
    _snapshot(now)
    return queries.members_of(text, now, limit=limit, offset=offset)


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


def _day(text: str | None) -> date | None:
    try:
        return None if text is None else date.fromisoformat(text)
    except ValueError:
        raise CordialeError(f"'{text}' is no day; write YYYY-MM-DD, as in 2026-03-01") from None


def _columns(said: list[str] | None) -> dict[str, str]:
    columns = {}
    for one in said or ():
        column, sign, kind = one.rpartition("=")
        if not sign:
            raise CordialeError(f"'{one}' does not say what a column is; write 'Member no=card'")
        columns[column.strip()] = kind.strip()
    return columns


def _sizes(found: queries.Overlap) -> str:
    sizes = ", ".join(f"{name} {terminal.figure(size)}" for name, size in found.sizes.items())
    return f"{sizes}; of {terminal.figure(found.of)} customers"


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
