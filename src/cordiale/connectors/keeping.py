"""Where secrets are kept: never in the database, so that a copy of it opens nothing.

A secret is a file that only its owner can read (`run/secrets/<name>`), or an environment variable the company sets
(`env:NAME`). Rows keep the reference, pages and logs never show the value.
"""

from __future__ import annotations

import os
import re
import secrets
from pathlib import Path

from cordiale import home
from cordiale.errors import CordialeError, Unavailable

_VARIABLE = re.compile(r"env:[A-Za-z_][A-Za-z0-9_]{0,99}")


def keep(value: str) -> str:
    """Keep a secret and return its reference. `env:NAME` is a reference already: it is only checked."""
    if value.startswith("env:"):
        if not _VARIABLE.fullmatch(value):
            raise CordialeError(f"'{value}' names no environment variable; write for instance env:SHOP_SECRET")
        return value
    reference = f"file:{secrets.token_hex(16)}"
    path = _path(reference)
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "w") as file:
        file.write(value)
        file.flush()
        os.fsync(file.fileno())
    return reference


def read(reference: str) -> str:
    """The secret. Raises Unavailable, without any part of it, where it is gone."""
    if reference.startswith("env:"):
        value = os.environ.get(reference.removeprefix("env:"), "")
        if not value:
            raise Unavailable(f"the environment variable {reference.removeprefix('env:')} is not set; set it and retry")
        return value
    try:
        return _path(reference).read_text()
    except OSError as error:
        raise Unavailable(f"a secret of this home cannot be read ({error.strerror}); set it again") from error


def forget(reference: str) -> None:
    """Delete a secret we keep; what the company keeps itself stays."""
    if reference.startswith("file:"):
        _path(reference).unlink(missing_ok=True)


def _path(reference: str) -> Path:
    folder = home.current().prepare().run / "secrets"
    folder.mkdir(mode=0o700, exist_ok=True)
    return folder / reference.removeprefix("file:")
