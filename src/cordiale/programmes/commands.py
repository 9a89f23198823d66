from __future__ import annotations

from cordiale.ui import terminal

app = terminal.group("programmes")


@app.callback()
def main() -> None:
    """To be written."""


def tick() -> None:
    """To be written."""
