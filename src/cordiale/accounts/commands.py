"""`staff …`: who works with Cordiale."""

from __future__ import annotations

from typing import Annotated

import typer
from django.conf import settings

from cordiale import clock
from cordiale.accounts import actions
from cordiale.accounts.models import Staff
from cordiale.ui import terminal

app = terminal.group("Invite members of staff and list them.")


@app.command("invite")
def invite(
    email: str,
    name: Annotated[str, typer.Option("--name", help="How the pages call this person (default: from the email).")] = "",
    role: Annotated[str, typer.Option("--role", help="administrator, marketer, analyst or agent.")] = "agent",
    as_json: terminal.Json = False,
    home: terminal.HomeFolder = None,
) -> None:
    """Print a link that signs EMAIL in once; the account is made where there is none."""
    link = settings.BASE_URL.rstrip("/") + actions.invite(email, name or email.partition("@")[0], role, clock.now())
    terminal.answer({"email": email, "link": link}, as_json=as_json, text=link)


@app.command("list")
def list_staff(as_json: terminal.Json = False, home: terminal.HomeFolder = None) -> None:
    """List everyone, by name."""
    rows = list(Staff.objects.order_by("name", "email").values("email", "name", "role", "language", "is_active"))
    terminal.answer(
        rows,
        as_json=as_json,
        text=lambda: terminal.table(
            "email",
            "name",
            "role",
            "active",
            rows=[(row["email"], row["name"], row["role"], "yes" if row["is_active"] else "no") for row in rows],
        ),
    )
