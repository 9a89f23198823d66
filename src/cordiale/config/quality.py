"""`check` (style, types, layers, migrations, translations, snapshots) and `test` (check, then the whole suite)."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any
from xml.etree import ElementTree

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
LONGEST = 52 * 60  # seconds: those who call this give up after an hour, without a word
_COUNTED = ("exit_code", "tests", "failures", "errors", "skipped")
_NOT_FOR_TESTS = {"CORDIALE_HOME", "DATABASE_URL", "DJANGO_SETTINGS_MODULE"}
"""Tests choose a home of their own before settings are read; a module named in the environment would be read first."""

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
    terminal.answer(_as_json(results), as_json=json_, text=lambda: _as_text(results))
    _require_all(results)


def _as_json(results: list[Result]) -> list[dict[str, object]]:
    return [{"check": one.name, "ok": not one.complaints, "complaints": one.complaints} for one in results]


def _as_text(results: list[Result]) -> str:
    return "\n".join(f"{'ok  ' if not one.complaints else 'FAIL'} {one.name}" for one in results)


def _require_all(results: list[Result]) -> None:
    if failed := [one.name for one in results if one.complaints]:
        raise CordialeError(f"{len(failed)} of {len(results)} checks failed: {', '.join(failed)}")


def test(
    context: typer.Context,
    fast: Annotated[
        bool, typer.Option("--fast", help="Leave out what kills processes or simulates at length.")
    ] = False,
    json_: terminal.Json = False,
    home_: terminal.HomeFolder = None,
) -> None:
    """Run the checks, then the whole suite; other arguments go to pytest."""
    if not any(Path(path).exists() for path in CHROMIUM):
        terminal.errors.print("No Chromium: tests of pages are skipped. To get one on Debian: apt-get install chromium")
    results = [] if context.args else list(run_checks(announce=True))
    if not json_:
        terminal.answer([], as_json=False, text=_as_text(results))
    _require_all(results)
    lanes = [tuple(context.args)] if context.args else _lanes(fast=fast)
    end = time.monotonic() + LONGEST
    counts = sum((_run_tests(lane, end, to_stderr=json_) for lane in lanes), Counter[str]())
    if json_:
        terminal.answer({"checks": _as_json(results), **{name: counts[name] for name in _COUNTED}}, as_json=True)
    if counts["exit_code"]:
        raise CordialeError(f"tests failed: {counts['failures'] + counts['errors']} of {counts['tests']} (see above)")


def _lanes(*, fast: bool) -> list[tuple[str, ...]]:
    """What pytest is told, one run after the other: a browser's event loop must not meet tests that run their own.

    A test file stays in one process, where its costly fixtures are; each process has a home and a PostgreSQL.
    """
    side_by_side = ("-n", str(max(2, min(4, os.cpu_count() or 2))), "--dist")
    slow = " and not slow" if fast else ""
    return [
        ("-m", f"not browser{slow}", *side_by_side, "loadfile"),
        ("-m", f"browser{slow}", *side_by_side, "worksteal"),
    ]


def _run_tests(arguments: Sequence[str], end: float, *, to_stderr: bool) -> Counter[str]:
    """Run pytest with a home of its own; `_COUNTED`: its exit code, and how many tests ran, failed and were skipped."""
    environment = {name: value for name, value in os.environ.items() if name not in _NOT_FOR_TESTS}
    with tempfile.TemporaryDirectory() as folder:
        report = Path(folder) / "report.xml"
        code = _run_until(
            end,
            [sys.executable, "-m", "pytest", f"--junitxml={report}", *arguments],
            env=environment,
            stdout=sys.stderr if to_stderr else None,
        )
        suite = ElementTree.parse(report).getroot().find("testsuite") if report.exists() else None  # noqa: S314 - our own pytest wrote it
    counted = suite.attrib if suite is not None else {}
    return Counter({"exit_code": code, **{name: int(counted.get(name, 0)) for name in _COUNTED[1:]}})


def _run_until(end: float, command: list[str], **options: Any) -> int:
    """The exit code of `command`; one that is not done then is ended with all it started, and has failed."""
    process = subprocess.Popen(command, cwd=ROOT, start_new_session=True, **options)
    try:
        return abs(process.wait(max(1.0, end - time.monotonic())))
    except subprocess.TimeoutExpired:
        sys.stderr.write(f"the tests did not end within {LONGEST // 60} minutes and were stopped\n")
        return 1
    finally:
        with suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)  # a server left behind would keep our output open


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
