"""`keys …`: access keys of programs that use the HTTP API."""

from __future__ import annotations

from typing import Annotated

import typer

from cordiale import clock
from cordiale.accounts import keys
from cordiale.accounts.models import AccessKey
from cordiale.ui import terminal

app = terminal.group("Access keys for the HTTP API.")


@app.command("add")
def add(
    name: str,
    role: Annotated[str, typer.Option(help="administrator, marketer, analyst or agent.")] = "analyst",
    json_: terminal.Json = False,
    home_: terminal.HomeFolder = None,
) -> None:
    """Make a key called NAME and print its secret, once."""
    secret = keys.add_key(name, role, actor="cli", now=clock.now())
    terminal.answer({"name": name, "role": role, "secret": secret}, as_json=json_, text=secret)


@app.command("list")
def list_keys(json_: terminal.Json = False, home_: terminal.HomeFolder = None) -> None:
    """List all keys with their roles, those revoked too."""
    rows = list(AccessKey.objects.order_by("name").values("name", "role", "created_at", "revoked_at"))
    terminal.answer(
        rows,
        as_json=json_,
        text=lambda: terminal.table(
            "name",
            "role",
            "state",
            rows=[(r["name"], r["role"], "revoked" if r["revoked_at"] else "in use") for r in rows],
        ),
    )


@app.command("revoke")
def revoke(name: str, json_: terminal.Json = False, home_: terminal.HomeFolder = None) -> None:
    """Let the key NAME open nothing any more."""
    keys.revoke_key(name, actor="cli", now=clock.now())
    terminal.answer({"revoked": name}, as_json=json_, text=f"{name} is revoked")
