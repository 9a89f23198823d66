"""Every test run has a home of its own, with its own PostgreSQL, in a temporary folder."""

from __future__ import annotations

import atexit
import os
import shutil
import tempfile
from datetime import UTC, datetime
from pathlib import Path

import pytest

_beside_others = "PYTEST_XDIST_WORKER" in os.environ
if (
    os.environ.get("DJANGO_SETTINGS_MODULE") and not _beside_others
):  # pytest-django has read it already, with somebody's real home
    raise pytest.UsageError("unset DJANGO_SETTINGS_MODULE: tests choose a home of their own first")

_root = Path(tempfile.mkdtemp(prefix="cordiale-tests-"))
os.environ["CORDIALE_HOME"] = str(_root)
os.environ["DJANGO_SETTINGS_MODULE"] = "cordiale.config.settings"

import django  # noqa: E402

from cordiale import home  # noqa: E402
from cordiale.config import postgres  # noqa: E402

_LONGEST_TOLD = 2_000


@atexit.register
def _clean() -> None:
    postgres.release(home.Home(_root))
    shutil.rmtree(_root, ignore_errors=True)


postgres.hold(home.current())
django.setup()  # here, not by pytest-django: it would read the settings before the home is chosen


@pytest.hookimpl(tryfirst=True)
def pytest_configure(config: pytest.Config) -> None:
    """Temporary folders of this run alone: as root a run closes the common one to the servers other runs have there."""
    if not config.option.basetemp:
        config.option.basetemp = str(_root / "tmp")
    if not _beside_others:
        config.pluginmanager.register(_Failures(config), "failures-at-once")


class _Failures:
    """Tells each failure when it happens: a run that is cut off would take them along."""

    def __init__(self, config: pytest.Config) -> None:
        self._config = config

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        """The end of what went wrong, under the test's name."""
        terminal = self._config.pluginmanager.get_plugin("terminalreporter")
        if report.failed and terminal is not None:
            terminal.write_line(f"\nFAILED {report.nodeid} ({report.when})\n{report.longreprtext[-_LONGEST_TOLD:]}")


@pytest.fixture
def now() -> datetime:
    """A Monday, 10:00 in Paris."""
    return datetime(2026, 11, 16, 9, 0, tzinfo=UTC)


@pytest.fixture
def fresh_home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> home.Home:
    """A home without a lake or rules of its own (the database stays the run's)."""
    monkeypatch.setenv("CORDIALE_HOME", str(tmp_path))
    return home.current().prepare()
