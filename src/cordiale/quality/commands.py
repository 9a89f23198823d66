"""`quality …`: how healthy the base is, and addresses that do not work."""

from __future__ import annotations

import csv
from pathlib import Path
from typing import Any

from cordiale.errors import CordialeError
from cordiale.quality import actions, queries
from cordiale.ui import context, terminal

app = terminal.group("How healthy the base is: completeness, validity, freshness, duplicates, reach.")
ROWS_AT_MOST = 200_000


@app.command("report")
def report(now: terminal.Now = None, as_json: terminal.Json = False, home: terminal.HomeFolder = None) -> None:
    """Measure the base now and show every figure with its definition."""
    moment = context.present(now)
    measured = actions.measure(moment)
    board = queries.board(moment)
    lines = board.lines if board else []
    payload: dict[str, Any] = {
        "day": measured.day,
        "customers": measured.customers,
        "duplicates": measured.counts["duplicates"],
        "measures": {
            one.measure.name: {
                "kind": one.measure.kind, "count": one.count, "among": one.among, "share": one.share,
                "definition": str(one.measure.definition),
            }
            for one in lines
        },
    }  # fmt: skip
    rows = [(one.measure.name, one.count, one.among, _percent(one.share)) for one in lines]
    rows.append(("duplicates", measured.counts["duplicates"], measured.customers, ""))
    title = f"{measured.customers} customers on {measured.day}"
    terminal.answer(
        payload,
        as_json=as_json,
        text=lambda: terminal.table("measure", "customers", "among", "share", rows=rows, title=title),
    )


@app.command("returns")
def returns(file: Path, as_json: terminal.Json = False, home: terminal.HomeFolder = None) -> None:
    """Take note of invalid contacts from a CSV FILE with the columns channel and address (or customer).

    Bounces, returned letters, wrong numbers: nothing is sent there any more.
    """
    taken = actions.mark_invalid(_rows(file), actor="cli", now=context.present())
    errors = [{"line": place + 2, "reason": reason} for place, reason in taken.errors]
    payload = {"marked": taken.marked, "known": taken.known, "errors": errors}
    said = [f"{taken.marked} marked, {taken.known} known already, {len(errors)} refused"]
    said += [f"line {one['line']}: {one['reason']}" for one in errors[:20]]
    terminal.answer(payload, as_json=as_json, text="\n".join(said))


def _rows(file: Path) -> list[dict[str, str]]:
    try:
        with file.open(newline="", encoding="utf-8-sig") as text:
            start = text.readline()
            text.seek(0)
            reader = csv.DictReader(text, delimiter=";" if start.count(";") > start.count(",") else ",")
            if "channel" not in (reader.fieldnames or []):
                raise CordialeError(
                    f"{file.name} needs a first line with the columns channel and address (or customer)"
                )
            rows = [{str(name): str(value or "") for name, value in row.items()} for row in reader]
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        raise CordialeError(f"cannot read {file}: {error}; a CSV file in UTF-8 is needed") from error
    if len(rows) > ROWS_AT_MOST:
        raise CordialeError(f"{file.name} has {len(rows)} lines, {ROWS_AT_MOST} at most fit; split it")
    return rows


def _percent(share: float | None) -> str:
    return "" if share is None else f"{share:.1%}"
