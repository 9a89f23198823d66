from __future__ import annotations

from pathlib import Path

import pytest

from cordiale import home


@pytest.fixture(autouse=True)
def own_home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> home.Home:
    """A home, hence a lake and secrets, of the test's own."""
    monkeypatch.setenv("CORDIALE_HOME", str(tmp_path / "home"))
    return home.current().prepare()
