"""`check` (style, types, layers, migrations, translations, snapshots) and `test` (check, then the whole suite)."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

import typer
from django.apps import apps
from django.db.migrations.autodetector import MigrationAutodetector
from django.db.migrations.loader import MigrationLoader
from django.db.migrations.state import ProjectState
from django.utils import translation

from cordiale.config import catalogues, snapshots
from cordiale.errors import CordialeError
from cordiale.ui import terminal

ROOT = Path(__file__).resolve().parents[3]
CHROMIUM = ("/usr/bin/chromium", "/usr/bin/chromium-browser", "/usr/bin/google-chrome")
_BIN = Path(sys.executable).parent

Update = Annotated[bool, typer.Option("--update", help="Rewrite the snapshots of the CLI and the HTTP routes.")]


@dataclass(frozen=True)
class Result:
    """What one check found: nothing, or lines that say what to mend."""

    name: str
    complaints: str
    seconds: float


def check(update: Update = False, json_: terminal.Json = False, home_: terminal.HomeFolder = None) -> None:
    """Hold the house rules: format, lint, types, layers, migrations, translations, snapshots."""
    if update:
        snapshots.update(ROOT)
    results = list(run_checks(announce=not json_))
    terminal.answer(
        [{"check": one.name, "ok": not one.complaints, "complaints": one.complaints} for one in results],
        as_json=json_,
        text=lambda: "\n".join(f"{'ok  ' if not one.complaints else 'FAIL'} {one.name}" for one in results),
    )
    if failed := [one.name for one in results if one.complaints]:
        raise CordialeError(f"{len(failed)} of {len(results)} checks failed: {', '.join(failed)}")


def test(
    context: typer.Context,
    fast: Annotated[
        bool, typer.Option("--fast", help="Leave out what kills processes or simulates at length.")
    ] = False,
    home_: terminal.HomeFolder = None,
) -> None:
    """Run the checks, then the whole suite; other arguments go to pytest."""
    if not any(Path(path).exists() for path in CHROMIUM):
        terminal.errors.print("No Chromium: tests of pages are skipped. To get one on Debian: apt-get install chromium")
    if not context.args:
        check()
    wanted = ["-m", "not slow"] if fast else []
    environment = {name: value for name, value in os.environ.items() if name not in {"CORDIALE_HOME", "DATABASE_URL"}}
    outcome = subprocess.run(
        [sys.executable, "-m", "pytest", *wanted, *context.args], cwd=ROOT, env=environment, check=False
    )
    if outcome.returncode:
        raise CordialeError(f"tests failed (pytest ended with code {outcome.returncode})")


def run_checks(*, announce: bool) -> Iterable[Result]:
    """Run each check; complaints go to standard error as they come."""
    for name, run in _CHECKS.items():
        started = time.monotonic()
        complaints = run()
        result = Result(name, complaints, time.monotonic() - started)
        if announce and complaints:
            sys.stderr.write(f"--- {name}\n{complaints}\n")
        yield result


def _tool(*command: str) -> str:
    if not shutil.which(_BIN / command[0]):
        return f"{command[0]} is missing; call ./cordiale check, which installs it"
    outcome = subprocess.run(
        [str(_BIN / command[0]), *command[1:]], cwd=ROOT, capture_output=True, text=True, check=False
    )
    return "" if outcome.returncode == 0 else (outcome.stdout + outcome.stderr).strip()


def _missing_migrations() -> str:
    loader = MigrationLoader(None)
    with translation.override(None):  # a translated label would look like a changed one
        changes = MigrationAutodetector(loader.project_state(), ProjectState.from_apps(apps)).changes(loader.graph)
    lines = [
        f"{label}: {operation.describe()}"
        for label, found in changes.items()
        for one in found
        for operation in one.operations
    ]
    return "\n".join(lines)


def _missing_translations() -> str:
    return "\n".join(str(problem) for problem in catalogues.problems())


_CHECKS: dict[str, Callable[[], str]] = {
    "format": lambda: _tool("ruff", "format", "--check", "--quiet", "."),
    "lint": lambda: _tool("ruff", "check", "--quiet", "."),
    "types": lambda: _tool("mypy"),
    "layers": lambda: _tool("lint-imports"),
    "migrations": _missing_migrations,
    "translations": _missing_translations,
    "snapshots": lambda: snapshots.differences(ROOT),
}
