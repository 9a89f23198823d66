from __future__ import annotations


def test() -> None:
    """To be written."""


def check() -> None:
    """To be written."""
