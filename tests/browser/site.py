"""A small home served by the real web server, for Chromium to visit."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from cordiale.config import children, postgres, serving
from cordiale.home import Home
from tests.ports import free_port

HOST = "127.0.0.1"
CHECKOUT = Path(__file__).resolve().parents[2]
CHROMIUM_PLACES = ("/usr/bin/chromium", "/usr/bin/chromium-browser", "/usr/bin/google-chrome")
CHROMIUM_FLAGS = (
    "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking",
    "--disable-component-update", "--disable-sync",
)  # fmt: skip


@dataclass(frozen=True)
class Site:
    """Where it listens, and what `seed.py` found in it: the values that addresses of pages need."""

    address: str
    facts: Mapping[str, str]

    def at(self, path: str) -> str:
        """The full address of a path of `pages.py`."""
        return self.address + path.format_map(self.facts)


def find_chromium() -> str | None:
    """The program to drive: $CORDIALE_CHROMIUM, else Debian's."""
    named = os.environ.get("CORDIALE_CHROMIUM")
    places = [named] if named else [*CHROMIUM_PLACES, shutil.which("chromium") or ""]
    return next((place for place in places if place and os.access(place, os.X_OK)), None)


@contextmanager
def seeded(folder: Path) -> Iterator[Site]:
    """A site on a fresh home in `folder`, with a database and a web server of its own; both end with the block."""
    home, port = Home(folder), free_port()
    address = f"http://{HOST}:{port}"
    surroundings = {"CORDIALE_HOME": str(folder), "CORDIALE_BASE_URL": address}
    facts = _seed(os.environ | surroundings)
    postgres.hold(home)
    try:
        with _environment(surroundings):
            process = serving.start_web(HOST, port)
        try:
            serving.wait_until_up(HOST, port, process)
            yield Site(address=address, facts=facts)
        finally:
            children.end(process)
    finally:
        postgres.stop(home)


def _seed(environment: dict[str, str]) -> dict[str, str]:
    command = [sys.executable, "-m", "tests.browser.seed"]
    done = subprocess.run(command, env=environment, cwd=CHECKOUT, capture_output=True, check=False, timeout=300)
    if done.returncode:
        raise RuntimeError(done.stderr.decode())
    found: dict[str, str] = json.loads(done.stdout)
    return found


@contextmanager
def _environment(values: dict[str, str]) -> Iterator[None]:
    kept = {name: os.environ.get(name) for name in values}
    os.environ.update(values)
    try:
        yield
    finally:
        for name, value in kept.items():
            if value is None:
                os.environ.pop(name)
            else:
                os.environ[name] = value
