from __future__ import annotations

from cordiale.ui import terminal

app = terminal.group("segments")


@app.callback()
def main() -> None:
    """To be written."""
