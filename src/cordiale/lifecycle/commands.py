"""`lifecycle …`: where customers went between two days, and how many each stage will hold."""

from __future__ import annotations

from datetime import date
from typing import Annotated, Any

import typer
from rich.console import Group

from cordiale.errors import CordialeError
from cordiale.insight import actions as insight
from cordiale.insight.rules.lifecycle import STAGES
from cordiale.lake.choosing import Engine
from cordiale.lifecycle import days, queries, schemas
from cordiale.lifecycle.queries.forecasts import LEAST, LONGEST_WINDOW, MONTHS, MOST_MONTHS, WINDOW
from cordiale.lifecycle.rules.backtest import LEAST_MONTHS
from cordiale.ui import terminal
from cordiale.ui.context import present

app = terminal.group("Flows between stages, their forecast, and cohorts.")
_UNKNOWN = "(not known)"


@app.command()
def flows(
    start: Annotated[str | None, typer.Option("--from", help="A day (2026-03-01); default: a month end.")] = None,
    end: Annotated[str | None, typer.Option("--to", help="A later day; default: the latest snapshot.")] = None,
    compute: Annotated[bool, typer.Option("--compute", help="Compute the days that have no snapshot first.")] = False,
    now: terminal.Now = None,
    engine: Engine = None,
    as_json: terminal.Json = False,
    home: terminal.HomeFolder = None,
) -> None:
    """Show from which stage to which customers went between two days."""
    first, last = days.chosen(_day(start), _day(end))
    if compute:
        with terminal.progress("Stages", 2) as advance:
            for day in (first, last):
                insight.compute_day(day, present(now))
                advance(1)
    found = queries.flows(first, last)
    terminal.answer(schemas.flows(found), as_json=as_json, text=lambda: _flows_text(found))


@app.command()
def forecast(
    months: Annotated[int, typer.Option("--months", min=1, max=MOST_MONTHS, help="How many months ahead.")] = MONTHS,
    window: Annotated[
        int, typer.Option("--window", min=LEAST_MONTHS, max=LONGEST_WINDOW, help="Learn from so many past months.")
    ] = WINDOW,
    engine: Engine = None,
    as_json: terminal.Json = False,
    home: terminal.HomeFolder = None,
) -> None:
    """Foretell the size of each stage, and say how right that would have been in the past."""
    payload = schemas.forecast(queries.forecast(months, window))
    terminal.answer(payload, as_json=as_json, text=lambda: _forecast_text(payload))


@app.command("month-ends")
def month_ends(
    now: terminal.Now = None,
    engine: Engine = None,
    as_json: terminal.Json = False,
    home: terminal.HomeFolder = None,
) -> None:
    """Compute the month ends of the past that have no snapshot: the forecast learns from them."""
    instant = present(now)
    missing = queries.missing_month_ends(instant)
    with terminal.progress("Month ends", len(missing)) as advance:
        for day in missing:
            insight.compute_day(day, instant)
            advance(1)
    text = f"{len(missing)} month ends computed; {len(queries.month_ends())} in a row"
    terminal.answer({"computed": missing, "in_a_row": len(queries.month_ends())}, as_json=as_json, text=text)


def _day(text: str | None) -> date | None:
    try:
        return date.fromisoformat(text) if text else None
    except ValueError as error:
        raise CordialeError(f"'{text}' is no day; write it as 2026-03-01") from error


def _flows_text(found: queries.Flows) -> Group:
    origins = [name for name in (*STAGES, None) if any(origin == name for origin, _target in found.customers)]
    rows = [
        [origin or _UNKNOWN, *(found.customers.get((origin, target), 0) for target in (*STAGES, None))]
        for origin in origins
    ]
    title = f"Stage on {found.start.day} (rows) and on {found.end.day} (columns)"
    said = [f"{day} has no snapshot; the nearest was taken (--compute makes its own)" for day in found.missing]
    return Group(*said, terminal.table("from", *STAGES, _UNKNOWN, rows=rows, title=title))


def _forecast_text(payload: dict[str, Any]) -> Group:
    if not payload["months"]:
        return Group(
            f"{payload['month_ends']} month ends in a row have a snapshot; a forecast needs {LEAST}."
            " Compute those of the past: cordiale lifecycle month-ends"
        )
    rows = [
        [month["day"], *(f"{one['expected']:.0f} ({one['low']:.0f}–{one['high']:.0f})" for one in month["stages"])]
        for month in payload["months"]
    ]
    title = f"Customers at the end of each month, with {payload['interval']:.0%} intervals"
    return Group(terminal.table("month end", *STAGES, rows=rows, title=title), *map(_verdict, payload["back_test"]))


def _verdict(one: dict[str, Any]) -> str:
    ratio = "–" if one["ratio"] is None else f"{one['ratio']:.2f}"
    said = "better than" if one["is_better_than_naive"] else "NOT better than"
    return (
        f"{one['months_ahead']} months ahead, {one['forecasts']} past forecasts: {said} the naive rules"
        f" (error {ratio} times theirs), intervals held {one['coverage']:.0%}"
    )
