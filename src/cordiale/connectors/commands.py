"""`connectors …`: shops and tables that tell us about customers and orders."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

import typer
from django.conf import settings as django_settings
from django.urls import reverse

from cordiale import clock
from cordiale.connectors import actions, inbox, pulling, queries
from cordiale.connectors.models import State
from cordiale.errors import CordialeError
from cordiale.ui import terminal

app = terminal.group("Shops and tables that tell us about customers and orders.")


@app.command("add")
def add(  # noqa: PLR0917 - the settings of all kinds; typer takes them as parameters
    kind: Annotated[
        str, typer.Argument(help="woocommerce, shopify, prestashop, generic, postgresql, mysql, duckdb or parquet.")
    ],
    name: str,
    secret: Annotated[
        str, typer.Option(help="Signing secret or address, or env:NAME; a signing secret is made where it is empty.")
    ] = "",
    mapping: Annotated[Path | None, typer.Option(help="YAML file: which place is which field.")] = None,
    query: Annotated[str, typer.Option(help="SELECT of a pull.")] = "",
    cursor: Annotated[str, typer.Option(help="Column that grows.")] = "",
    cursor_kind: Annotated[str, typer.Option(help="instant or number.")] = "",
    overlap: Annotated[
        int | None, typer.Option(help="Minutes, or numbers, read again before the last value seen.")
    ] = None,
    every: Annotated[int | None, typer.Option(help="Minutes between two pulls.")] = None,
    zone: Annotated[str, typer.Option(help="Time zone of moments written without one.")] = "",
    purpose: Annotated[str, typer.Option(help="Purpose of the consents it tells.")] = "",
    opt_in: Annotated[str, typer.Option(help="WooCommerce: key of the checkout's ticked box in the order.")] = "",
    scheme: Annotated[str, typer.Option(help="standard, hmac-hex or hmac-base64.")] = "",
    header: Annotated[str, typer.Option(help="Header of an hmac signature.")] = "",
    json_: terminal.Json = False,
    home_: terminal.HomeFolder = None,
) -> None:
    """Connect a shop or a table, and print its address and secret, once."""
    told: dict[str, Any] = {
        "query": query, "cursor": cursor, "cursor_kind": cursor_kind, "overlap": overlap, "every": every, "zone": zone,
        "purpose": purpose, "opt_in": opt_in, "scheme": scheme, "header": header, "mapping": _read(mapping),
    }  # fmt: skip
    added = actions.add(kind, name, told, secret=secret, actor="cli", now=clock.now())
    answer = {"name": name, "kind": kind}
    if not added.connector.is_pulled:
        path = reverse("connectors:in", args=[added.connector.token])
        answer |= {"address": f"{django_settings.BASE_URL}{path}", "secret": added.secret}
    text = "\n".join(f"{field:<8} {value}" for field, value in answer.items() if value)
    terminal.answer(answer, as_json=json_, text=text)


@app.command("list")
def list_connectors(json_: terminal.Json = False, home_: terminal.HomeFolder = None) -> None:
    """List all connectors with what they brought."""
    rows = [row.as_json() for row in queries.list_rows(clock.now())]
    columns = ("name", "kind", "last_at", "deliveries_24h", "waiting", "dead")
    terminal.answer(
        rows, as_json=json_,
        text=lambda: terminal.table(
            *columns, rows=[["–" if row[one] is None else row[one] for one in columns] for row in rows]
        ),
    )  # fmt: skip


@app.command("show")
def show(name: str, json_: terminal.Json = False, home_: terminal.HomeFolder = None) -> None:
    """Show one connector, its settings and its dead letters (50 at most)."""
    connector = actions.get_connector(name)
    dead = [
        {"number": row.pk, "received_at": row.received_at, "topic": row.topic, "reason": row.reason}
        for row in queries.list_deliveries(connector, State.DEAD)[:50]
    ]
    told = {
        **queries.row_of(connector, clock.now()).as_json(),
        "settings": dict(queries.shown_settings(connector)),
        "dead_letters": dead,
    }
    lines = [f"{field}: {value}" for field, value in told.items() if field != "dead_letters"]
    lines += [f"dead letter {row['number']}: {row['reason']}" for row in dead]
    terminal.answer(told, as_json=json_, text="\n".join(lines))


@app.command("pull")
def pull(name: str, json_: terminal.Json = False, home_: terminal.HomeFolder = None) -> None:
    """Read what is new from a database or files, now."""
    connector = actions.get_connector(name)
    with terminal.progress(f"pull from {name}"):
        taken = pulling.pull(connector, clock.now())
    row = queries.row_of(connector, clock.now())
    answer = {"rows": taken, "dead": row.dead, "waiting": row.waiting}
    terminal.answer(answer, as_json=json_, text=f"{taken} new rows; {row.dead} could not be taken")


@app.command("retry")
def retry(
    name: str,
    number: Annotated[int | None, typer.Argument(help="A dead letter; all of them without it.")] = None,
    json_: terminal.Json = False,
    home_: terminal.HomeFolder = None,
) -> None:
    """Take dead letters in again."""
    connector, now = actions.get_connector(name), clock.now()
    if number is not None:
        dead = [inbox.get_dead(connector, number)]
    else:
        dead = list(connector.deliveries.filter(state=State.DEAD, body__isnull=False).select_related("connector"))
    for row in dead:
        inbox.try_again(row, actor="cli", now=now)
    done = inbox.process(now, limit=max(len(dead), 200))
    answer = {"tried": len(dead), "done": done.done, "dead": done.dead}
    terminal.answer(answer, as_json=json_, text=f"{done.done} taken, {done.dead} still refused")


@app.command("remove")
def remove(name: str, json_: terminal.Json = False, home_: terminal.HomeFolder = None) -> None:
    """Disconnect; what it brought stays."""
    actions.remove(name, actor="cli", now=clock.now())
    terminal.answer({"removed": name}, as_json=json_, text=f"{name} is disconnected")


def _read(path: Path | None) -> str:
    if path is None:
        return ""
    try:
        return path.read_text(encoding="utf-8-sig")
    except OSError as error:
        raise CordialeError(f"cannot read {path}: {error.strerror}") from error
    except UnicodeDecodeError as error:
        raise CordialeError(f"{path} is not UTF-8; save it so") from error
