"""`import …`: bring files of customers, orders, events, consents and answers in, see what became of them, undo one."""

from __future__ import annotations

import sys
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Annotated, Any

import typer
from django.utils import translation

from cordiale import clock
from cordiale.company import company
from cordiale.errors import CordialeError, NotFound
from cordiale.imports import actions, engine, files, preparing, queries
from cordiale.imports import basis as bases
from cordiale.imports.mapping import dump, load_file, of_json
from cordiale.imports.models import Import, ImportState
from cordiale.imports.targets import KINDS
from cordiale.jobs import running
from cordiale.jobs.models import Job, JobState
from cordiale.jobs.progress import Watch
from cordiale.ui import context, terminal

app = terminal.group("Bring files in: customers, orders, events, consents, answers.")
ACTOR = "cli"
_MOST = 50

File = Annotated[Path, typer.Argument(help="A CSV, Excel or Parquet file.")]
Mapped = Annotated[
    Path | None,
    typer.Option("--mapping", help="YAML: what the columns are (default: guessed by name).", show_default=False),
]
Basis = Annotated[
    str | None,
    typer.Option(
        help="Of customers with addresses: none, or"
        " 'purpose=offers;channel=email;source=till;obtained=2026-01-05;wording=…'.",
        show_default=False,
    ),
]
DryRun = Annotated[bool, typer.Option("--dry-run", help="Write nothing; say what an import would do.")]
Resume = Annotated[bool, typer.Option("--resume", help="Go on with this file where it was stopped.")]


def _add(kind: str) -> None:
    def bring_in(
        file: File,
        mapping: Mapped = None,
        basis: Basis = None,
        dry_run: DryRun = False,
        resume: Resume = False,
        now: terminal.Now = None,
        as_json: terminal.Json = False,
        home: terminal.HomeFolder = None,
    ) -> None:
        with translation.override("en"):  # as everything the command line says
            _bring_in(kind, file, mapping, basis, dry_run, resume, now, as_json)

    bring_in.__doc__ = f"Import FILE of {kind}."
    app.command(kind)(bring_in)


for _kind in KINDS:
    _add(_kind)


@app.command("guess")
def guess(kind: str, file: File, home: terminal.HomeFolder = None) -> None:
    """Print, as YAML for --mapping, how FILE of KIND is read and what its columns probably mean."""
    reading = preparing.read_as(_there(file), {})
    mapping = preparing.guess_mapping(kind, file, reading)
    dates, decimal = preparing.guess_formats(file, reading, mapping)
    said = {name: value for name, value in reading.as_json().items() if value and name not in {"format", "has_header"}}
    sys.stdout.write(dump(replace(mapping.with_formats(dates.format, decimal.format), reading=said)))


@app.command("list")
def list_imports(as_json: terminal.Json = False, home: terminal.HomeFolder = None) -> None:
    """List the latest imports, newest first."""
    found = list(queries.list_imports()[:_MOST])
    rows = [(one.pk, one.kind, one.file_name, one.state, one.rows_done) for one in found]
    terminal.answer(
        [payload(one) for one in found],
        as_json=as_json,
        text=lambda: terminal.table("id", "kind", "file", "state", "rows", rows=rows),
    )


@app.command("show")
def show(number: int, as_json: terminal.Json = False, home: terminal.HomeFolder = None) -> None:
    """Say what became of import NUMBER, and until when it can be undone."""
    imported = queries.get_import(number)
    terminal.answer(payload(imported), as_json=as_json, text=lambda: _told(imported))


@app.command("undo")
def undo(
    number: int, now: terminal.Now = None, as_json: terminal.Json = False, home: terminal.HomeFolder = None
) -> None:
    """Take import NUMBER back, within seven days."""
    imported = queries.get_import(number)
    _done(actions.undo(imported, ACTOR, context.present(now)), "undoing")
    imported.refresh_from_db()
    terminal.answer(payload(imported), as_json=as_json, text=lambda: _told(imported))


def payload(imported: Import) -> dict[str, Any]:
    """An import as JSON."""
    names = ("kind", "state", "rows", "rows_done", "counts", "report", "started_at", "finished_at", "undone_at")
    path = files.refused(imported.pk)
    return {
        "id": imported.pk,
        "file": imported.file_name,
        **{name: getattr(imported, name) for name in names},
        "undo_until": imported.undo_until,
        "refused_file": str(path) if imported.counts.get("refused") and path.is_file() else None,
    }


def _bring_in(
    kind: str, file: Path, mapping: Path | None, basis: str | None, dry_run: bool, resume: bool, now: str | None,
    as_json: bool,
) -> None:  # fmt: skip
    instant = context.present(now)
    if resume:
        imported = _stopped(kind, file)
        job = actions.resume(imported, ACTOR, instant)
    else:
        imported = actions.receive(kind, file.name, files.parts_of(_there(file)), ACTOR, instant)
        try:
            _say(imported, mapping, basis, instant)
            if dry_run:
                _report(imported, instant, as_json)
                return
            job = actions.begin(imported, ACTOR, instant)
        finally:
            if imported.state == ImportState.DRAFT:
                actions.discard(imported, ACTOR, instant)
    _done(job, file.name)
    imported.refresh_from_db()
    terminal.answer(payload(imported), as_json=as_json, text=lambda: _told(imported))


def _say(imported: Import, mapping: Path | None, basis: str | None, instant: Any) -> None:
    if mapping is None and not imported.mapping.get("columns"):
        raise CordialeError("no column is known by its name; say what they are with --mapping FILE.yaml")
    document = load_file(mapping) if mapping else of_json(imported.mapping)
    if document.kind != imported.kind:
        raise CordialeError(f"{mapping} is a mapping of {document.kind}, not of {imported.kind}")
    if basis is not None:
        today = clock.local_day(instant, company().zone)
        document = replace(document, basis=bases.parse(basis, today).as_json() or bases.NONE)
    actions.prepare(imported, document, {})


def _report(imported: Import, instant: Any, as_json: bool) -> None:
    actions.make_ready(imported, instant)
    report = engine.check(imported, instant)
    terminal.answer(report, as_json=as_json, text=lambda: _checked(report))


def _done(job: Job, label: str) -> None:
    """Run the job here, or watch the worker that has it."""
    with terminal.progress(label) as advance:
        ended = running.run(job, _watching(advance))
    if ended.state == JobState.FAILED:
        raise CordialeError(f"{ended.error} (what was written stays: --resume goes on, 'import undo' takes it back)")


def _watching(advance: Callable[[float], None]) -> Watch:
    shown = [0]

    def watch(done: int, _total: int | None) -> None:
        advance(done - shown[0])
        shown[0] = done

    return watch


def _stopped(kind: str, file: Path) -> Import:
    digest = files.digest_of(_there(file))
    states = (ImportState.RUNNING, ImportState.STOPPED)
    found = queries.list_imports(kind).filter(digest=digest, state__in=states).first()
    if found is None:
        raise NotFound(f"no import of {file.name} was stopped; call it without --resume")
    return found


def _there(file: Path) -> Path:
    if not file.is_file():
        raise NotFound(f"there is no file {file}")
    return file


def _checked(report: dict[str, Any]) -> str:
    counts = ", ".join(f"{terminal.figure(count)} {name}" for name, count in report["counts"].items())
    wrong = [
        f"  {one['column'] or 'row'}: {one['reason']} ({terminal.figure(one['rows'])} rows"
        + (f", e.g. {', '.join(repr(cell) for cell in one['samples'])}" if one["samples"] else "")
        + ")"
        for one in report["wrong"]
    ]
    return "\n".join([f"Nothing was written. {counts}", *wrong])


def _told(imported: Import) -> str:
    counts = ", ".join(f"{terminal.figure(count)} {name}" for name, count in imported.counts.items()) or "nothing"
    lines = [f"import {imported.pk} of {imported.kind} from {imported.file_name}: {imported.state} ({counts})"]
    if imported.report:
        lines.append("undone: " + ", ".join(f"{count} {name}" for name, count in imported.report.items()))
    elif imported.undo_until:
        lines.append(f"can be undone until {imported.undo_until.isoformat()}: cordiale import undo {imported.pk}")
    refused = files.refused(imported.pk)
    if imported.counts.get("refused") and refused.is_file():
        lines.append(f"refused rows: {refused}")
    return "\n".join(lines)
