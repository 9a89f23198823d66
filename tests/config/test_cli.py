"""Exit codes and error lines of the command line."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path


def cordiale(*words: str, home: Path) -> subprocess.CompletedProcess[str]:
    environment = {**os.environ, "CORDIALE_HOME": str(home / "unused")}
    return subprocess.run(
        [sys.executable, "-m", "cordiale", *words, "--home", str(home)],
        capture_output=True, text=True, env=environment, check=False, timeout=120,
    )  # fmt: skip


def test_an_unknown_command_is_wrong_usage(tmp_path: Path) -> None:
    outcome = cordiale("sgements", home=tmp_path)
    assert outcome.returncode == 2
    assert "sgements" in outcome.stderr


def test_an_unknown_option_is_wrong_usage(tmp_path: Path) -> None:
    assert cordiale("status", "--colour", home=tmp_path).returncode == 2


def test_a_refusal_is_one_line_on_standard_error_and_exit_code_one(tmp_path: Path) -> None:
    outcome = cordiale("tick", "--now", "yesterday", home=tmp_path)
    assert outcome.returncode == 1
    assert outcome.stdout == ""
    assert outcome.stderr.count("\n") == 1
    assert "2026-11-22T09:00:00+01:00" in outcome.stderr


def test_status_needs_nothing_and_says_that_nothing_runs(tmp_path: Path) -> None:
    outcome = cordiale("status", "--json", home=tmp_path)
    assert outcome.returncode == 0
    assert '"pages": "down"' in outcome.stdout
    assert not (tmp_path / "pg").exists()


def test_a_home_that_cannot_be_written_is_said(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    outcome = cordiale("tick", "--now", "2026-11-22T09:00:00+01:00", home=tmp_path / "file" / "home")
    assert outcome.returncode == 1
    assert "choose another --home" in outcome.stderr
