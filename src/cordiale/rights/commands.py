"""`rights …`, and `customers export` and `customers erase`."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Annotated

import typer

from cordiale import clock
from cordiale.accounts.actions import audit
from cordiale.customers.queries import get_customer
from cordiale.errors import CordialeError, Refused
from cordiale.rights import access, actions, documents, erasure, expiry, processing, queries, retention
from cordiale.ui import context, terminal

app = terminal.group("Requests of people about their data, erasures, the register of processing.")
_FORMATS = ("json", "csv", "pdf")


@app.command("list")
def list_requests(
    closed: Annotated[bool, typer.Option("--closed", help="Those already answered or refused.")] = False,
    as_json: terminal.Json = False,
    home: terminal.HomeFolder = None,
) -> None:
    """List open requests, the most urgent first; 200 at most."""
    found = queries.lines(list(queries.requests(is_open=not closed)[:200]), context.present())
    rows = [queries.as_json(one.request) | {"days_left": one.days_left} for one in found]
    shown = ("id", "kind", "customer_id", "due_on", "days_left", "state")
    terminal.answer(
        rows,
        as_json=as_json,
        text=lambda: (
            terminal.table(*shown, rows=[[row[name] for name in shown] for row in rows]) if rows else "no request"
        ),
    )


@app.command("open")
def open_request(
    customer: str,
    kind: Annotated[str, typer.Argument(help="access, portability, correction, erasure, restriction, objection")],
    channel: Annotated[str, typer.Option(help=f"How it came: {', '.join(actions.CHANNELS)}.")] = "email",
    received: Annotated[str | None, typer.Option(help="ISO 8601 instant with an offset (default: now).")] = None,
    note: Annotated[str, typer.Option(help="In the person's words.")] = "",
    as_json: terminal.Json = False,
    home: terminal.HomeFolder = None,
) -> None:
    """Enter a request of CUSTOMER in the register; the month to answer runs from its receipt."""
    now = context.present()
    received_at = clock.parse_instant(received) if received else now
    made = actions.open_request(
        get_customer(customer), kind, channel=channel, note=note, received_at=received_at, actor="cli", now=now
    )
    payload = queries.as_json(made)
    terminal.answer(payload, as_json=as_json, text=f"Request {made.pk}, to be answered by {made.due_on}.")


@app.command("close")
def close_request(
    request: int,
    state: Annotated[str, typer.Argument(help="answered or refused")],
    answer: Annotated[str, typer.Option(help="What the person was told.")] = "",
    as_json: terminal.Json = False,
    home: terminal.HomeFolder = None,
) -> None:
    """Close a request as answered, or as refused with the reason."""
    closed = actions.close_request(request, state, answer, actor="cli", now=context.present())
    terminal.answer(queries.as_json(closed), as_json=as_json, text=f"Request {request} is {state}.")


@app.command("register")
def register(
    out: Annotated[Path | None, typer.Option(help="Write a PDF here.")] = None,
    as_json: terminal.Json = False,
    home: terminal.HomeFolder = None,
) -> None:
    """Show the register of processing activities (RGPD art. 30), or write it as a PDF."""
    found = processing.sections()
    if out is not None:
        _write(out, processing.as_pdf("fr"))
    payload = [
        {"title": one.title, "is_missing": one.is_missing, "records": [dict(each) for each in one.records]}
        for one in found
    ]
    rows = [(one.title, label, text) for one in found for record in one.records for label, text in record]
    terminal.answer(payload, as_json=as_json, text=lambda: terminal.table("part", "", "", rows=rows))


@app.command("expiry")
def expire(
    run: Annotated[bool, typer.Option("--run", help="Propose and treat now, as the worker does each night.")] = False,
    now: terminal.Now = None,
    as_json: terminal.Json = False,
    home: terminal.HomeFolder = None,
) -> None:
    """Count those whose time is over by retention.yaml; --run brings the list up to date and treats who is due."""
    if run:
        expiry.run(context.present(now))
    payload = {state: count for state, _title, count in queries.expiry_counts()}
    lines = [f"{one.title()}: {one.words()}" for one in retention.periods()]
    text = "\n".join([*lines, ", ".join(f"{state} {count}" for state, count in payload.items())])
    terminal.answer(payload, as_json=as_json, text=text)


@app.command("finish")
def finish(as_json: terminal.Json = False, home: terminal.HomeFolder = None) -> None:
    """Finish erasures that were cut off; the worker does so once a day."""
    count = erasure.finish_erasures(context.present(), _tell)
    terminal.answer({"finished": count}, as_json=as_json, text=f"{count} finished.")


def export_customer(
    customer: str,
    kind: Annotated[str, typer.Option("--format", help="json, csv (a ZIP of files) or pdf.")] = "json",
    out: Annotated[Path | None, typer.Option(help="Write here instead of standard output.")] = None,
    scope: Annotated[
        str, typer.Option(help="access (everything) or portability (what the person gave and did).")
    ] = "access",
    as_json: terminal.Json = False,
    home: terminal.HomeFolder = None,
) -> None:
    """Export everything held about CUSTOMER."""
    if kind not in _FORMATS or scope not in access.SCOPES:
        raise CordialeError(f"--format takes {', '.join(_FORMATS)}, --scope {', '.join(access.SCOPES)}")
    found, now = get_customer(customer), context.present()
    gathered = access.gather(found, now, scope)
    if kind == "json":
        made = access.as_json(gathered)
    else:
        made = access.as_csv(gathered) if kind == "csv" else documents.person(gathered, found.language[:2] or "fr")
    audit("customer", str(found.pk), "export", "cli", {"format": kind, "scope": scope}, clock.now())
    if out is None:
        sys.stdout.buffer.write(made + (b"\n" if kind == "json" else b""))
        return
    _write(out, made)
    terminal.answer({"file": str(out), "bytes": len(made)}, as_json=as_json, text=f"{len(made)} bytes in {out}")


def erase_customer(
    customer: str,
    confirmed: Annotated[bool, typer.Option("--yes", help="Erase for good; nothing can be brought back.")] = False,
    as_json: terminal.Json = False,
    home: terminal.HomeFolder = None,
) -> None:
    """Erase CUSTOMER from the database, the lake and every file, and print the proof."""
    found = get_customer(customer)
    if not confirmed:
        parts = ", ".join(f"{one.title} ({one.count})" for one in queries.held(found.pk))
        raise Refused(f"this cannot be undone; it takes: {parts}. Call it again with --yes")
    proof = erasure.erase(found, actor="cli", reason="request", now=context.present(), tell=_tell)
    payload = {
        "proof": proof.pk, "customer_id": proof.customer_id, "numbers": proof.numbers, "rows": proof.rows,
        "lake_at": proof.lake_at, "scrubbed_at": proof.scrubbed_at, "database_files": proof.is_scrubbed,
    }  # fmt: skip
    terminal.answer(payload, as_json=as_json, text=f"Erased; the proof is number {proof.pk}.")


def _tell(step: str) -> None:
    terminal.errors.print(f"· erasing from {step} …")


def _write(path: Path, content: bytes) -> None:
    try:
        path.write_bytes(content)
    except OSError as error:
        raise CordialeError(f"cannot write {path}: {error.strerror}") from error
