"""`traits …`: declare, compute, list, and how they were on past days."""

from __future__ import annotations

from datetime import date
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.console import Group

from cordiale import clock
from cordiale.customers.queries import get_customer
from cordiale.errors import CordialeError
from cordiale.insight import actions, queries
from cordiale.insight.actions import Trial
from cordiale.insight.rules.distributions import QUANTILES
from cordiale.insight.rules.traits import Trait
from cordiale.lake.choosing import Engine
from cordiale.ui import terminal
from cordiale.ui.context import present

app = terminal.group("What is known of each customer, computed from facts.")
LANGUAGE = "en"
_FIRST = ("lifecycle_stage", "rfm", "recency_days", "orders_365d", "spend_365d")
"""What a history shows of a customer unless told otherwise."""

_Again = Annotated[bool, typer.Option("--again", help="Compute a past day anew, with the definitions of today.")]


@app.command()
def compute(
    as_of: Annotated[
        str | None, typer.Option("--as-of", help="A past day (2026-03-01), from the facts before its end.")
    ] = None,
    again: _Again = False,
    now: terminal.Now = None,
    engine: Engine = None,
    as_json: terminal.Json = False,
    home: terminal.HomeFolder = None,
) -> None:
    """Compute a day's traits, RFM scores and life-cycle stages, unless they are there."""
    instant = clock.parse_instant(now) if now else clock.now()
    with terminal.progress("Traits"):
        day = actions.compute_day(_day(as_of), instant, again=again) if as_of else actions.ensure_snapshot(instant)
    snapshot = queries.get_snapshot(day)
    payload = {
        "day": day,
        "as_of": snapshot.as_of,
        "customers": snapshot.customers,
        "traits": len(queries.traits()),
        "lifecycle": queries.stages(day),
        "seconds": snapshot.seconds,
    }
    title = f"{snapshot.customers} customers on {day}, {payload['traits']} traits in {snapshot.seconds:.1f} s"
    terminal.answer(
        payload,
        as_json=as_json,
        text=lambda: terminal.table("stage", "customers", rows=list(queries.stages(day).items()), title=title),
    )


@app.command()
def add(
    file: Annotated[Path, typer.Argument(help="A YAML file that declares one or several traits.")],
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Check and try out; keep nothing.")] = False,
    now: terminal.Now = None,
    engine: Engine = None,
    as_json: terminal.Json = False,
    home: terminal.HomeFolder = None,
) -> None:
    """Declare traits of the company's own, or new versions of them; values follow at the next computation."""
    text, instant = _read(file), present(now)
    if dry_run:
        with terminal.progress("Trying out"):
            trials = actions.try_out(text, instant, source=file.name)
        terminal.answer([_trial(one) for one in trials], as_json=as_json, text=lambda: Group(*map(_told, trials)))
        return
    kept = actions.declare(text, actor="cli", now=instant, source=file.name)
    payload = [{"name": one.name, "version": one.version} for one in kept]
    words = ", ".join(f"{one.name} (version {one.version})" for one in kept)
    said = f"Declared {words}. Values follow at the next computation: cordiale traits compute" if kept else ""
    terminal.answer(payload, as_json=as_json, text=said or "Nothing changed: this is what was declared before.")


@app.command()
def retire(
    name: str, now: terminal.Now = None, as_json: terminal.Json = False, home: terminal.HomeFolder = None
) -> None:
    """Compute a trait of the company's own no more; days that have it keep it."""
    version = actions.retire(name, actor="cli", now=present(now))
    payload = {"name": name, "version": version.version, "retired_at": version.retired_at}
    terminal.answer(payload, as_json=as_json, text=f"'{name}' is retired.")


@app.command()
def history(
    customer: Annotated[str, typer.Argument(help="A customer's reference or number.")],
    trait: Annotated[list[str] | None, typer.Option("--trait", help="A trait to show; may be given again.")] = None,
    days: Annotated[int, typer.Option("--days", min=1, max=366, help="How many snapshot days back.")] = 60,
    as_json: terminal.Json = False,
    home: terminal.HomeFolder = None,
) -> None:
    """Show a customer's traits and stage on the days that have a snapshot, oldest first."""
    names = trait or (None if as_json else list(_FIRST))
    rows = queries.history(get_customer(customer).pk, names, days).to_pylist()
    terminal.answer(
        rows,
        as_json=as_json,
        text=lambda: (
            terminal.table(*rows[0], rows=[[_figure(value) for value in row.values()] for row in rows])
            if rows
            else f"No day knows {customer} yet."
        ),
    )


@app.command("list")
def list_traits(as_json: terminal.Json = False, home: terminal.HomeFolder = None) -> None:
    """List the traits and scores; how many customers have a value and the median, where a snapshot exists."""
    traits = queries.traits()
    snapshot = queries.find_snapshot()
    known = queries.coverage(snapshot, traits) if snapshot else {}
    rows = [{**_described(trait), **known.get(trait.name, {})} for trait in traits]
    columns = ("name", "type", "unit", "window", "title", "known", "median")
    terminal.answer(
        rows,
        as_json=as_json,
        text=lambda: terminal.table(*columns, rows=[[_figure(row.get(column)) for column in columns] for row in rows]),
    )


def _read(file: Path) -> str:
    try:
        return file.read_text(encoding="utf-8-sig")
    except OSError as error:
        raise CordialeError(f"cannot read {file}: {error.strerror}") from error
    except UnicodeDecodeError as error:
        raise CordialeError(f"{file} is not UTF-8 text; save it as UTF-8") from error


def _day(text: str) -> date:
    try:
        return date.fromisoformat(text)
    except ValueError as error:
        raise CordialeError(f"'{text}' is no day; write it as 2026-03-01") from error


def _described(trait: Trait) -> dict[str, Any]:
    return {
        "name": trait.name,
        "type": trait.type,
        "unit": trait.unit[LANGUAGE] if trait.unit else None,
        "window": trait.window,
        "title": trait.title[LANGUAGE],
    }


def _trial(one: Trial) -> dict[str, Any]:
    spread = one.distribution
    return {
        "name": one.trait.name,
        "type": one.trait.type,
        "customers": one.customers,
        "computed": one.computed,
        "seconds": round(one.seconds, 3),
        "estimated_seconds": round(one.estimated_seconds, 3),
        "known": spread.known,
        "distinct": spread.distinct,
        "mean": spread.mean,
        "quantiles": {f"{share:.0%}": value for share, value in zip(QUANTILES, spread.quantiles, strict=False)},
        "top": [{"value": value, "customers": many} for value, many in spread.top],
        "sample": [{"customer": number, "value": value} for number, value in one.sample],
    }


def _told(one: Trial) -> Group:
    told = _trial(one)
    head = f"{told['name']}: {told['computed']} of {told['customers']} customers in {told['seconds']} s"
    if not one.is_whole:
        head += f", about {told['estimated_seconds']:.1f} s for everybody"
    spread = [[share, _figure(value)] for share, value in told["quantiles"].items()]
    spread += [[row["value"], row["customers"]] for row in told["top"]]
    sample = [[row["customer"], _figure(row["value"])] for row in told["sample"]]
    return Group(
        f"{head}; known for {told['known']}",
        terminal.table("customers have at most" if told["quantiles"] else "value", "value", rows=spread),
        terminal.table("customer", "value", rows=sample, title="Some customers"),
    )


def _figure(value: Any) -> str:
    return "" if value is None else f"{value:.10g}" if isinstance(value, float) else str(value)
