"""`customers duplicates`: pairs of customers who may be one person."""

from __future__ import annotations

from dataclasses import asdict
from typing import Annotated, Any

import typer
from rich.console import Group

from cordiale.duplicates import finding, queries, words
from cordiale.duplicates.models import Suggestion
from cordiale.ui import context, terminal

_MOST = 200


def duplicates(
    find: Annotated[bool, typer.Option("--find", help="Look for duplicates now, first.")] = False,
    full: Annotated[
        bool, typer.Option("--full", help="With --find: compare everybody, and learn the weights anew.")
    ] = False,
    limit: Annotated[int, typer.Option(min=1, max=_MOST, help="How many pairs to show.")] = 20,
    as_json: terminal.Json = False,
    home: terminal.HomeFolder = None,
) -> None:
    """List pairs of customers who may be one person, the most probable first, with what they have in common."""
    found = _find(full) if find or full else None
    pairs = list(queries.queue()[:limit])
    payload = {
        "found": asdict(found) if found else None,
        "open": queries.open_count(),
        "pairs": [_payload(p) for p in pairs],
    }
    terminal.answer(payload, as_json=as_json, text=lambda: _as_text(payload))


def _find(full: bool) -> finding.Found:
    with terminal.progress("looking for duplicates") as advance:
        before = 0

        def watch(done: int, total: int) -> None:
            nonlocal before
            advance(done - before)
            before = done

        return finding.find(context.present(), full=full, watch=watch)


def _payload(pair: Suggestion) -> dict[str, Any]:
    return {
        "id": pair.pk,
        "customers": [
            {"id": one.pk, "reference": one.reference, "name": one.full_name} for one in (pair.first, pair.second)
        ],
        "probability": round(pair.probability, 4),
        "levels": pair.levels,
        "words": words.in_languages(pair.levels),
        "found_at": pair.found_at,
    }


def _as_text(payload: dict[str, Any]) -> Group | str:
    if not payload["pairs"]:
        return "no pair waits for a decision"
    rows = [
        (
            *(f"{one['name']} ({one['reference']})" for one in pair["customers"]),
            f"{pair['probability']:.1%}",
            pair["words"]["en"],
        )
        for pair in payload["pairs"]
    ]
    head = f"{terminal.figure(payload['open'])} pairs wait for a decision; decide on the page /duplicates/"
    return Group(head, terminal.table("one", "other", "probability", "in common", rows=rows))
