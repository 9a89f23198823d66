"""The paths senders use: those of the specification, and the short ones of the browser's client."""

from __future__ import annotations

from cordiale.intake.calls import KINDS

ONE = {f"/v1/{kind}": kind for kind in KINDS} | {f"/v1/{kind[0]}": kind for kind in KINDS}
"""Paths that take one event."""
SETTINGS, SOURCE_CONFIG = "/v1/projects/", "/sourceConfig"
_BATCHES = frozenset({"/v1/batch", "/v1/b", "/v1/import", "/beacon/v1/batch"})


def batch_path(path: str) -> bool:
    """Does this path take many?"""
    return path in _BATCHES


def settings_of(path: str) -> str:
    """The write key in `/v1/projects/<key>/settings`, empty where the path is another."""
    key, _, rest = path.removeprefix(SETTINGS).partition("/")
    return key if rest == "settings" else ""
