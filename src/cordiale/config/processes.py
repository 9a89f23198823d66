from __future__ import annotations


def up() -> None:
    """To be written."""


def down() -> None:
    """To be written."""


def status() -> None:
    """To be written."""
