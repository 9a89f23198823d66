"""`connectors …`."""

from __future__ import annotations

from cordiale.ui import terminal

app = terminal.group("Connectors.")
