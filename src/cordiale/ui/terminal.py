"""What commands share: the options every command takes, answers as text or JSON, progress on standard error."""

from __future__ import annotations

import json
import sys
import threading
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import date, datetime
from decimal import Decimal
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, SpinnerColumn, TextColumn, TimeElapsedColumn
from rich.table import Table

Json = Annotated[bool, typer.Option("--json", help="Print one JSON object on standard output.")]
HomeFolder = Annotated[
    Path | None,
    typer.Option("--home", help="Folder that holds all state (default: $CORDIALE_HOME, or ./var).", show_default=False),
]
Now = Annotated[
    str | None,
    typer.Option("--now", help="ISO 8601 instant with an offset to act at (default: the present).", show_default=False),
]

errors = Console(stderr=True, highlight=False)
answers = Console(highlight=False, soft_wrap=True)


def group(help_text: str) -> typer.Typer:
    """A group of commands (`segments …`)."""
    return typer.Typer(help=help_text, no_args_is_help=True, pretty_exceptions_enable=False, rich_markup_mode=None)


def answer(payload: Mapping[str, Any] | Sequence[Any], *, as_json: bool, text: Callable[[], Any] | str = "") -> None:
    """Print `payload` as JSON, or what `text` (a string, a rich renderable, or a function giving one) says of it."""
    if as_json:
        sys.stdout.write(json.dumps(payload, ensure_ascii=False, indent=2, default=_plain) + "\n")
        return
    answers.print(text() if callable(text) else text)


def table(*columns: str, rows: Iterable[Sequence[Any]], title: str | None = None) -> Table:
    """A plain table; numbers are right-aligned."""
    grid = Table(*columns, title=title, title_justify="left", box=None, pad_edge=False, header_style="bold")
    for row in rows:
        grid.add_row(*(figure(cell) if type(cell) is int else str(cell) for cell in row))
    return grid


def figure(number: int) -> str:
    """A whole number with its thousands set apart."""
    return f"{number:,}".replace(",", "\u202f")


@contextmanager
def progress(label: str, total: float | None = None) -> Iterator[Callable[[float], None]]:
    """Show a bar on standard error while the block runs; call the yielded function with the amount just done.

    Where standard error is no terminal, one line once it has taken a second: what is refused at once says only why.
    """
    if not errors.is_terminal:
        later = threading.Timer(1, errors.print, [f"· {label} …"])
        later.daemon = True
        later.start()
        try:
            yield lambda amount: None
        finally:
            later.cancel()
        return
    columns = (
        SpinnerColumn(),
        TextColumn("{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        TimeElapsedColumn(),
    )
    with Progress(*columns, console=errors, transient=False) as bar:
        task = bar.add_task(label, total=total)
        yield lambda amount: bar.update(task, advance=amount)
        if total is None:
            bar.update(task, total=1, completed=1)


def _plain(value: Any) -> Any:
    if isinstance(value, datetime | date):
        return value.isoformat()
    if isinstance(value, Decimal):
        return float(value)
    if isinstance(value, Path):
        return str(value)
    raise TypeError(f"{type(value).__name__} has no JSON form")
