"""The commands of `lifecycle`."""

from __future__ import annotations

from cordiale.ui import terminal

app = terminal.group("Flows between stages, their forecast, and cohorts.")
