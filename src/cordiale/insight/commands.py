"""`traits …`: compute and list what is known of each customer."""

from __future__ import annotations

from typing import Any

from cordiale import clock
from cordiale.insight import actions, queries
from cordiale.insight.rules.traits import Trait
from cordiale.ui import terminal

app = terminal.group("What is known of each customer, computed from facts.")
LANGUAGE = "en"


@app.command()
def compute(now: terminal.Now = None, as_json: terminal.Json = False, home: terminal.HomeFolder = None) -> None:
    """Compute the day's traits, RFM scores and life-cycle stages, unless they are there."""
    instant = clock.parse_instant(now) if now else clock.now()
    with terminal.progress("Traits"):
        day = actions.ensure_snapshot(instant)
    snapshot = queries.get_snapshot(day)
    payload = {
        "day": day,
        "as_of": snapshot.as_of,
        "customers": snapshot.customers,
        "traits": len(queries.traits()),
        "lifecycle": queries.stages(day),
        "seconds": snapshot.seconds,
    }
    terminal.answer(
        payload,
        as_json=as_json,
        text=lambda: terminal.table(
            "stage",
            "customers",
            rows=list(queries.stages(day).items()),
            title=f"{snapshot.customers} customers on {day}, {payload['traits']} traits in {snapshot.seconds:.1f} s",
        ),
    )


@app.command("list")
def list_traits(as_json: terminal.Json = False, home: terminal.HomeFolder = None) -> None:
    """List the declared traits; how many customers have a value and the median, where a snapshot exists."""
    traits = queries.traits()
    snapshot = queries.find_snapshot()
    known = queries.coverage(snapshot, traits) if snapshot else {}
    rows = [{**_described(trait), **known.get(trait.name, {})} for trait in traits]
    terminal.answer(
        rows,
        as_json=as_json,
        text=lambda: terminal.table(
            "name",
            "type",
            "unit",
            "days",
            "title",
            "known",
            "median",
            rows=[
                [
                    row["name"],
                    row["type"],
                    row["unit"] or "",
                    row["window"] or "",
                    row["title"],
                    row.get("known", ""),
                    _figure(row.get("median")),
                ]
                for row in rows
            ],
        ),
    )


def _described(trait: Trait) -> dict[str, Any]:
    return {
        "name": trait.name,
        "type": trait.type,
        "unit": trait.unit[LANGUAGE] if trait.unit else None,
        "window": trait.window,
        "title": trait.title[LANGUAGE],
    }


def _figure(value: Any) -> str:
    return "" if value is None else f"{value:.10g}" if isinstance(value, float) else str(value)
