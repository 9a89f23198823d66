"""`webhooks …`: who is told when something changes."""

from __future__ import annotations

from dataclasses import asdict
from typing import Annotated

import typer

from cordiale import clock
from cordiale.errors import Unavailable
from cordiale.ui import terminal
from cordiale.webhooks import actions, queries, rules
from cordiale.webhooks.models import State

app = terminal.group("Addresses that are told when something changes.")


@app.command("add")
def add(
    name: str,
    url: str,
    event: Annotated[
        list[str] | None,
        typer.Option(help=f"Kind of event, may be repeated (default: all): {', '.join(rules.EVENTS)}."),
    ] = None,
    json_: terminal.Json = False,
    home_: terminal.HomeFolder = None,
) -> None:
    """Tell URL of some kinds of events, and print its signing secret, once."""
    added = actions.add(name, url, event or rules.EVENTS, actor="cli", now=clock.now())
    answer = {"name": name, "url": url, "events": added.endpoint.events, "secret": added.secret}
    terminal.answer(answer, as_json=json_, text=added.secret)


@app.command("list")
def list_webhooks(json_: terminal.Json = False, home_: terminal.HomeFolder = None) -> None:
    """List all webhooks with what they were told in the last 24 hours."""
    rows = [row.as_json() for row in queries.list_rows(clock.now())]
    columns = ("name", "url", "delivered_24h", "failed_24h", "waiting", "dead")
    terminal.answer(
        rows,
        as_json=json_,
        text=lambda: terminal.table(
            *columns,
            "state",
            rows=[[*(row[one] for one in columns), "on" if row["is_active"] else "off"] for row in rows],
        ),
    )


@app.command("test")
def send_test(name: str, json_: terminal.Json = False, home_: terminal.HomeFolder = None) -> None:
    """Send a message of kind `test`, now. Fails where it is not taken."""
    delivery = actions.test(name, actor="cli", now=clock.now())
    last = delivery.tries.order_by("-pk").first()
    if last is None or delivery.state != State.DELIVERED:
        why = rules.in_words(last.status, last.reason) if last else "it was removed meanwhile"
        raise Unavailable(f"{name} did not take it: {why}")
    answer = {"name": name, "status": last.status, "milliseconds": last.milliseconds}
    terminal.answer(answer, as_json=json_, text=f"{name} took it: {last.status} in {last.milliseconds} ms")


@app.command("retry")
def retry(
    name: str,
    number: Annotated[int | None, typer.Argument(help="A delivery that was given up; all of them without it.")] = None,
    json_: terminal.Json = False,
    home_: terminal.HomeFolder = None,
) -> None:
    """Send again what was given up."""
    now = clock.now()
    again = actions.send_again(actions.get_endpoint(name), number, actor="cli", now=now)
    done = actions.deliver(now)
    answer = {"again": again, **asdict(done)}
    terminal.answer(answer, as_json=json_, text=f"{again} to send again; {done.delivered} delivered now")


@app.command("deliver")
def deliver(json_: terminal.Json = False, home_: terminal.HomeFolder = None) -> None:
    """Send what is due, once. `up` does so by itself."""
    done = actions.deliver(clock.now())
    text = f"{done.delivered} delivered, {done.failed} failed, {done.given_up} given up"
    terminal.answer(asdict(done), as_json=json_, text=text)


@app.command("enable")
def enable(name: str, json_: terminal.Json = False, home_: terminal.HomeFolder = None) -> None:
    """Switch a webhook on again that answered it was gone."""
    actions.enable(name, actor="cli", now=clock.now())
    terminal.answer({"enabled": name}, as_json=json_, text=f"{name} is told again")


@app.command("remove")
def remove(name: str, json_: terminal.Json = False, home_: terminal.HomeFolder = None) -> None:
    """Tell a webhook nothing any more."""
    actions.remove(name, actor="cli", now=clock.now())
    terminal.answer({"removed": name}, as_json=json_, text=f"{name} is told nothing any more")
