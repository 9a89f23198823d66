"""`programmes …` and `tick`."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

import typer
from django.utils import translation
from rich.text import Text

from cordiale import clock
from cordiale.errors import CordialeError, Located
from cordiale.lake.choosing import Engine
from cordiale.programmes import actions, engine, queries
from cordiale.programmes.models import Programme
from cordiale.programmes.rules.spec import ProgrammeSpec, stops
from cordiale.ui import terminal

app = terminal.group("Plan, apply, start and pause programmes.")
Files = Annotated[list[Path], typer.Argument(help="Programme files (YAML).", metavar="FILE…")]
Name = Annotated[str, typer.Argument(help="The programme's name.", metavar="NAME")]
_ACTOR = "cli"
_LANGUAGE = "en"  # of the command line


@app.command()
def validate(files: Files, json_: terminal.Json = False, home_: terminal.HomeFolder = None) -> None:
    """Check files: every error on standard output with its place, the first also as the reason of the failure."""
    read = queries.read_files(files)
    if errors := [error for file in read for error in file.reading.errors]:
        terminal.answer(
            {"errors": [_error(error) for error in errors]},
            as_json=json_,
            text=lambda: Text("\n".join(str(error) for error in errors)),
        )
        raise errors[0]
    names = [file.reading.require().name for file in read]
    terminal.answer({"valid": names}, as_json=json_, text=lambda: "\n".join(f"{name}: in order" for name in names))


@app.command()
def plan(files: Files, json_: terminal.Json = False, home_: terminal.HomeFolder = None) -> None:
    """Show what applying files would change."""
    changes = actions.plan(files)
    _answer_changes(changes, json_)


@app.command()
def apply(
    files: Files, json_: terminal.Json = False, now: terminal.Now = None, home_: terminal.HomeFolder = None
) -> None:
    """Make files the current versions of their programmes: all of them, or none."""
    changes = actions.apply(files, actor=_ACTOR, now=_instant(now))
    _answer_changes(changes, json_)


@app.command()
def start(
    name: Name, json_: terminal.Json = False, now: terminal.Now = None, home_: terminal.HomeFolder = None
) -> None:
    """Start a programme, or let a paused one go on."""
    with translation.override(_LANGUAGE):
        _answer_status(actions.start_programme(name, actor=_ACTOR, now=_instant(now)), json_)


@app.command()
def pause(
    name: Name, json_: terminal.Json = False, now: terminal.Now = None, home_: terminal.HomeFolder = None
) -> None:
    """Pause a programme: nobody enters, moves or is written to."""
    with translation.override(_LANGUAGE):
        _answer_status(actions.pause_programme(name, actor=_ACTOR, now=_instant(now)), json_)


@app.command("list")
def list_(json_: terminal.Json = False, home_: terminal.HomeFolder = None) -> None:
    """List programmes with their numbers."""
    programmes = list(queries.list_programmes()[:500])
    counts = queries.counts_of([programme.name for programme in programmes])
    rows = [_row(programme, counts[programme.name]) for programme in programmes]
    terminal.answer(
        rows,
        as_json=json_,
        text=lambda: terminal.table(
            "programme", "status", "version", "enrolled", "inside", "control", "sent",
            rows=[[row[key] for key in ("name", "status", "version", "enrolled", "inside", "control", "sent")]
                  for row in rows],
        ),
    )  # fmt: skip


@app.command()
def show(name: Name, json_: terminal.Json = False, home_: terminal.HomeFolder = None) -> None:
    """Show one programme: its steps, who stands where, and its file."""
    programme = queries.get_programme(name)
    with translation.override(_LANGUAGE):
        payload = _described(programme)
    terminal.answer(payload, as_json=json_, text=lambda: _as_text(payload))


def tick(
    now: terminal.Now = None, engine_: Engine = None, json_: terminal.Json = False, home_: terminal.HomeFolder = None
) -> None:
    """Advance everything once: segments, entries, steps, decisions, deliveries."""
    instant = _instant(now)
    with terminal.progress("Tick", len(engine.PHASES)) as advance:
        report = engine.tick(instant, progress=lambda phase: advance(1))
    terminal.answer(report.as_json(), as_json=json_, text=lambda: _tick_as_text(report))


def _error(error: Located) -> dict[str, Any]:
    return {
        "file": error.source,
        "line": error.line,
        "column": error.column,
        "message": error.message,
        "hint": error.hint,
    }


def _instant(text: str | None) -> Any:
    return clock.parse_instant(text) if text else clock.now()


def _answer_changes(changes: list[actions.Change], as_json: bool) -> None:
    terminal.answer(
        {"changes": [change.as_json() for change in changes]},
        as_json=as_json,
        text=lambda: Text("\n".join(_change_as_text(change) for change in changes)),
    )


def _change_as_text(change: actions.Change) -> str:
    if change.what == actions.UNCHANGED:
        return f"{change.programme}: unchanged, version {change.number}"
    if change.what == actions.NEW:
        return f"{change.programme}: new, version 1, a draft until it is started"
    inside = f"; {change.inside} inside finish the version they entered" if change.inside else ""
    return "\n".join([f"{change.programme}: version {change.number}{inside}", *change.diff])


def _answer_status(programme: Programme, as_json: bool) -> None:
    payload = {"name": programme.name, "status": programme.status}
    terminal.answer(payload, as_json=as_json, text=f"{programme.name} is {programme.status}")


def _row(programme: Any, counts: dict[str, int]) -> dict[str, Any]:
    return {
        "name": programme.name,
        "status": programme.status,
        "version": programme.current.number if programme.current else None,
        "enrolled": programme.enrolled,
        "inside": programme.inside,
        "control": programme.control,
        **counts,
    }


def _described(programme: Programme) -> dict[str, Any]:
    version = programme.current
    if version is None:
        raise CordialeError(f"{programme.name} has no version yet; apply its file")
    spec = queries.spec_of(version)
    return {
        "name": programme.name,
        "title": spec.title,
        "status": programme.status,
        "version": version.number,
        "started_at": programme.started_at,
        "panel": {"segment": spec.panel.segment, "size": queries.panel_size(spec), "control": spec.panel.control},
        "steps": _steps(spec, queries.passages(version), queries.standing(version)),
        "exits": dict(queries.exits(programme)),
        "points_to_fix": queries.points_to_fix(programme),
        "source": version.source,
    }


def _steps(spec: ProgrammeSpec, passed: dict[str, dict[str, int]], waiting: dict[str, int]) -> list[dict[str, Any]]:
    return [
        {
            "step": stop.path,
            "kind": type(stop.step).__name__.lower(),
            "passed": passed.get(stop.path, {}),
            "waiting": waiting.get(stop.path, 0),
        }
        for stop in stops(spec.scenario)
    ]


def _as_text(payload: dict[str, Any]) -> Any:
    rows = [
        [step["step"], step["kind"], step["waiting"], ", ".join(f"{way} {n}" for way, n in step["passed"].items())]
        for step in payload["steps"]
    ]
    title = f"{payload['name']}: {payload['status']}, version {payload['version']}"
    return terminal.table("step", "kind", "waiting", "passed", rows=rows, title=title)


def _tick_as_text(report: engine.TickReport) -> Any:
    rows = [
        [name, done.entered, done.moved, done.proposed, done.sent, sum(done.postponed.values()),
         sum(done.refused.values()), sum(done.exited.values())]
        for name, done in report.programmes.items()
    ]  # fmt: skip
    columns = ("programme", "entered", "moved", "proposed", "sent", "postponed", "refused", "exited")
    problems = [f"{name} stood still: {problem}" for name, problem in report.problems.items()]
    if problem := report.delivered.get("problem"):
        problems.append(str(problem))
    for told in problems:
        terminal.errors.print(told, markup=False, soft_wrap=True)
    return terminal.table(*columns, rows=rows, title=f"{report.now.isoformat()}")
