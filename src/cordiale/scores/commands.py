"""The commands of `scores`."""

from __future__ import annotations

from cordiale.ui import terminal

app = terminal.group("Scores: fitted, judged and told.")
