"""`sources …` and `events …`: who may send events, how many came, and giving them on."""

from __future__ import annotations

import signal
import time
from dataclasses import asdict
from typing import Annotated

import typer

from cordiale import clock
from cordiale.errors import CordialeError
from cordiale.intake import actions, queries
from cordiale.intake.models import Kind
from cordiale.ui import terminal

sources = terminal.group("Sites, applications and servers that send events.")
events = terminal.group("Events that were sent to us.")


@sources.command("add")
def add(
    name: str,
    kind: Annotated[str, typer.Option(help="server, browser or app.")] = Kind.SERVER,
    origin: Annotated[
        list[str] | None,
        typer.Option(help="Origin whose pages may use it, for instance https://www.example.fr; may be repeated."),
    ] = None,
    json_: terminal.Json = False,
    home_: terminal.HomeFolder = None,
) -> None:
    """Make a source called NAME and print its write key."""
    if origin and kind == Kind.SERVER:
        kind = Kind.BROWSER
    source = actions.add_source(name, kind=kind, origins=origin or [], actor="cli", now=clock.now())
    answer = {"name": name, "kind": source.kind, "write_key": source.write_key, "origins": source.allowed_origins}
    terminal.answer(answer, as_json=json_, text=source.write_key)


@sources.command("list")
def list_sources(json_: terminal.Json = False, home_: terminal.HomeFolder = None) -> None:
    """List all sources with what they sent in the last 24 hours, those revoked too."""
    sent = queries.sent_lately(clock.now())
    rows = [
        {
            "name": one.name,
            "kind": one.kind,
            "write_key": one.write_key,
            "origins": one.allowed_origins,
            "created_at": one.created_at,
            "revoked_at": one.revoked_at,
            "taken_24h": sent[one.pk][0],
            "refused_24h": sent[one.pk][1],
            "last_error": one.last_error,
            "last_error_at": one.last_error_at,
        }
        for one in queries.list_sources()
    ]
    terminal.answer(
        rows,
        as_json=json_,
        text=lambda: terminal.table(
            "name",
            "kind",
            "state",
            "write key",
            "taken, 24 h",
            "refused, 24 h",
            rows=[
                (
                    row["name"], row["kind"], "revoked" if row["revoked_at"] else "in use", row["write_key"],
                    row["taken_24h"], row["refused_24h"],
                )
                for row in rows
            ],
        ),
    )  # fmt: skip


@sources.command("revoke")
def revoke(name: str, json_: terminal.Json = False, home_: terminal.HomeFolder = None) -> None:
    """Take nothing from the source NAME any more."""
    actions.revoke_source(name, actor="cli", now=clock.now())
    terminal.answer({"revoked": name}, as_json=json_, text=f"{name} is revoked")


@events.command("count")
def count(
    type_: Annotated[
        str | None,
        typer.Option("--type", help="An event's name, or a kind of call: track, identify, page, screen, group, alias."),
    ] = None,
    json_: terminal.Json = False,
    home_: terminal.HomeFolder = None,
) -> None:
    """Count the events acknowledged, each once, whether or not they are in the lake yet."""
    counted = queries.count(type_)
    answer = {"count": counted.acknowledged, "type": type_, **asdict(counted)}
    terminal.answer(
        answer,
        as_json=json_,
        text=f"{terminal.figure(counted.acknowledged)} events: {terminal.figure(counted.recorded)} recorded, "
        f"{terminal.figure(counted.waiting)} waiting, {terminal.figure(counted.rejected)} rejected",
    )


@events.command("flush")
def flush(
    every: Annotated[
        float | None, typer.Option(min=0.1, help="Seconds between two flushes, until ended; without it, flush once.")
    ] = None,
    json_: terminal.Json = False,
    home_: terminal.HomeFolder = None,
) -> None:
    """Give the events that wait to customers, the lake and orders. `up` does so by itself."""
    if every is None:
        done = actions.flush(clock.now())
        text = f"{done.events} recorded, {done.duplicates} sent twice, {done.rejected} rejected"
        terminal.answer(asdict(done), as_json=json_, text=text)
        return
    signal.signal(signal.SIGTERM, signal.default_int_handler)  # a flush may be cut at any step
    while True:
        try:
            actions.flush(clock.now())
        except CordialeError as error:  # said, and tried again: nothing is lost meanwhile
            terminal.errors.print(f"events: {error}")
        time.sleep(every)
