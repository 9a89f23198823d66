"""The files of fitted models: `scores/` in the home, for the owner's eyes only, each told by its digest.

They hold coefficients, trees and counts of groups; never a row, a number or an address of a person.
"""

from __future__ import annotations

import hashlib
import os
import secrets
import time
from collections.abc import Collection
from pathlib import Path

from cordiale import home
from cordiale.errors import CordialeError

_FOLDER, _SUFFIX = "scores", ".model"
_ORPHAN_SECONDS = 86_400


def folder() -> Path:
    """Where the files are."""
    path = home.current().root / _FOLDER
    path.mkdir(mode=0o700, exist_ok=True)
    return path


def save(score: str, content: bytes) -> tuple[str, str]:
    """Write a model's file, whole or not at all; its name and digest. Written before the version that names it."""
    digest = hashlib.sha256(content).hexdigest()
    name = f"{score}-{digest[:16]}{_SUFFIX}"
    draft = folder() / f".{secrets.token_hex(8)}"
    with os.fdopen(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())
    draft.replace(folder() / name)
    return name, digest


def read(name: str, digest: str) -> bytes:
    """What is in a model's file. Raises CordialeError where it is gone or is no longer what was written."""
    try:
        content = (folder() / name).read_bytes()
    except OSError as error:
        raise CordialeError(f"the model {name} cannot be read ({error.strerror}); fit the score again") from error
    if hashlib.sha256(content).hexdigest() != digest:
        raise CordialeError(f"the model {name} is not what was written; fit the score again")
    return content


def sweep(named: Collection[str]) -> int:
    """Delete files that no version names and that are a day old: what was cut off left them; how many."""
    gone = 0
    for path in folder().iterdir():
        is_ours = path.suffix == _SUFFIX or path.name.startswith(".")
        if is_ours and path.name not in named and time.time() - path.stat().st_mtime > _ORPHAN_SECONDS:
            path.unlink(missing_ok=True)
            gone += 1
    return gone
