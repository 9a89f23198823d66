"""`cordiale lake …`: read-only SQL over the lake, and what its tables hold."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import Annotated, Any

import pyarrow as pa
import typer
from rich.table import Table

from cordiale.lake.lake import DEFAULT_LIMIT
from cordiale.lake.opening import open_lake
from cordiale.lake.snapshots import Snapshot
from cordiale.ui import terminal

app = terminal.group("Read the lake: order lines, events, messages, answers, and traits by day.")
_PLAIN = (str, int, float, bool, Decimal, date, list, dict)


@app.command("query")
def query(
    sql: Annotated[str, typer.Argument(help="One SELECT, WITH, FROM, DESCRIBE or SHOW, in DuckDB's SQL.")],
    *,
    limit: Annotated[int, typer.Option("--limit", min=1, max=1_000_000, help="Rows at most.")] = DEFAULT_LIMIT,
    as_json: terminal.Json = False,
    home: terminal.HomeFolder = None,
) -> None:
    """Answer a read-only query over order_lines, events, messages, answers, traits and traits_history."""
    rows = open_lake().query_readonly(sql, limit + 1)
    shown = rows.slice(0, limit)
    payload = {
        "columns": shown.column_names,
        "rows": [{name: _cell(value) for name, value in row.items()} for row in shown.to_pylist()],
        "truncated": rows.num_rows > limit,
    }
    terminal.answer(payload, as_json=as_json, text=lambda: _grid(shown))
    if payload["truncated"]:
        terminal.errors.print(f"There are more rows; the first {limit} are shown (--limit).")


@app.command("tables")
def tables(
    *,
    as_json: terminal.Json = False,
    home: terminal.HomeFolder = None,
) -> None:
    """List the tables with their rows, files and size."""
    state = open_lake().state()
    rows = [_table(name, snapshot) for name, snapshot in {**state.facts, "traits": state.traits}.items()]
    terminal.answer(
        {"tables": rows},
        as_json=as_json,
        text=lambda: terminal.table(*(rows[0]), rows=[tuple(row.values()) for row in rows]),
    )


def _table(name: str, snapshot: Snapshot) -> dict[str, Any]:
    return {
        "table": name,
        "rows": snapshot.rows,
        "unfolded": 0 if snapshot.days else sum(file.rows for file in snapshot.unfolded),
        "buckets": snapshot.buckets,
        "days": len(snapshot.days),
        "files": len(snapshot.files),
        "bytes": sum(file.size for file in snapshot.files),
        "version": snapshot.version,
    }


def _grid(rows: pa.Table) -> Table:
    cells = [tuple("" if value is None else value for value in row.values()) for row in rows.to_pylist()]
    return terminal.table(*rows.column_names, rows=cells)


def _cell(value: object) -> object:
    return value if value is None or isinstance(value, _PLAIN) else str(value)
