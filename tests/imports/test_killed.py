"""Killed in its middle, an import goes on where it was: every row exactly once."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest

pytestmark = pytest.mark.slow
ROWS = 210_000
SETTINGS = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE, "text": True}


def cordiale(home: Path, *words: str) -> subprocess.Popen[str]:
    environment = {name: value for name, value in os.environ.items() if name not in {"DATABASE_URL", "CORDIALE_HOME"}}
    command = [sys.executable, "-m", "cordiale", *words, "--json", "--home", str(home)]
    return subprocess.Popen(command, env=environment, **SETTINGS)  # type: ignore[call-overload,no-any-return]


def answer(home: Path, *words: str) -> Any:
    process = cordiale(home, *words)
    output, errors = process.communicate(timeout=300)
    assert process.returncode == 0, errors
    return json.loads(output)


def test_every_row_counts_once_after_kill_9(tmp_path: Path) -> None:
    home, file = tmp_path / "home", tmp_path / "people.csv"
    bad = ROWS // 1_000
    lines = [
        f"u{number};Name {number};{'31/02/1980' if number % 1_000 == 7 else '1980-01-02'}" for number in range(ROWS)
    ]
    file.write_text("reference;nom;naissance\n" + "\n".join(lines) + "\n")
    assert answer(home, "import", "list") == []
    for kill in range(3):
        before = _written_at(home)
        process = cordiale(home, "import", "customers", str(file), *(["--resume"] if kill else []))
        deadline = time.monotonic() + 120
        while _written_at(home) == before and time.monotonic() < deadline:
            time.sleep(0.01)
        time.sleep(kill * 0.05)  # before the chunk is committed, about then, and after
        process.send_signal(signal.SIGKILL)
        process.communicate()
    assert answer(home, "import", "list")[0]["rows_done"] < ROWS
    ended = answer(home, "import", "customers", str(file), "--resume")
    assert (ended["state"], ended["rows_done"]) == ("done", ROWS)
    assert ended["counts"] == {"new": ROWS - bad, "refused": bad}
    refused = Path(ended["refused_file"]).read_text("utf-8-sig").splitlines()
    assert len({line.split(",")[0] for line in refused}) == len(refused) == bad + 1
    again = answer(home, "import", "customers", str(file))
    assert again["counts"] == {"same": ROWS - bad, "refused": bad}


def _written_at(home: Path) -> int:
    """When refused rows were last written: just before a chunk is committed."""
    path = home / "media" / "imports" / "1" / "refused.csv"
    return path.stat().st_mtime_ns if path.is_file() else 0
