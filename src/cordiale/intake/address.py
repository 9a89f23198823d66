"""Where senders reach the event API."""

from __future__ import annotations

import json
import os

from cordiale import home


def events_address() -> str:
    """`CORDIALE_EVENTS_URL` (what a proxy answers to), else where `up` serves it."""
    if said := os.environ.get("CORDIALE_EVENTS_URL"):
        return said.rstrip("/")
    try:
        running = json.loads((home.current().run / "up.json").read_text())
        return f"http://{running['host']}:{running['events_port']}"
    except (OSError, ValueError, KeyError):
        return "http://127.0.0.1:8001"
