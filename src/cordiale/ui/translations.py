"""Compile the catalogues of every package: `python -m cordiale.ui.translations`."""

from __future__ import annotations

from pathlib import Path

from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po

PACKAGES = Path(__file__).resolve().parent.parent


def compile_all() -> list[Path]:
    """Write the `.mo` beside each `.po`; returns the files written. Fuzzy entries are left out, as gettext does."""
    written = []
    for source in sorted(PACKAGES.glob("*/locale/*/LC_MESSAGES/*.po")):
        with source.open("rb") as text:
            catalogue = read_po(text, locale=source.parent.parent.name)
        target = source.with_suffix(".mo")
        draft = target.with_suffix(".mo.new")
        with draft.open("wb") as binary:
            write_mo(binary, catalogue)
        draft.replace(target)
        written.append(target)
    return written


if __name__ == "__main__":
    compile_all()
