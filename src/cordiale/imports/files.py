"""The file of an import and its refused rows: where they are kept, and for how long.

Everything of one import is in `CORDIALE_HOME/media/imports/<number>/`: `upload` (the file as given), `check.json` (the
dry run, with samples of what is wrong), `refused.csv`. The folder goes as a whole.
"""

from __future__ import annotations

import csv
import hashlib
import io
import json
import os
import shutil
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

from django.utils.translation import gettext as _

from cordiale import home
from cordiale.errors import CordialeError, Refused
from cordiale.imports.reading import RefusedRow

MOST_BYTES = 4 << 30
_BLOCK = 1 << 20
_FORMULA = ("=", "+", "-", "@", "\t", "\r")


class TooLarge(CordialeError):
    """A file is larger than what is taken."""


def folder(number: int) -> Path:
    """Where everything of an import is."""
    return home.current().media / "imports" / str(number)


def upload(number: int) -> Path:
    """The file as it was given."""
    return folder(number) / "upload"


def refused(number: int) -> Path:
    """The refused rows, a CSV with the reasons."""
    return folder(number) / "refused.csv"


def keep(number: int, parts: Iterable[bytes]) -> tuple[str, int]:
    """Write the file and return its SHA-256 and size. Raises TooLarge; nothing stays then."""
    place = folder(number)
    place.mkdir(parents=True, exist_ok=True, mode=0o700)
    digest, size = hashlib.sha256(), 0
    draft = place / "upload.part"
    with os.fdopen(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "wb") as file:
        for part in parts:
            size += len(part)
            if size > MOST_BYTES:
                break
            digest.update(part)
            file.write(part)
    if size > MOST_BYTES:
        shutil.rmtree(place)
        raise TooLarge(_("the file is larger than %(most)s GB; cut it into several") % {"most": MOST_BYTES >> 30})
    draft.replace(upload(number))
    return digest.hexdigest(), size


def parts_of(path: Path) -> Iterable[bytes]:
    """A file's bytes, block by block. Raises CordialeError where it cannot be read."""
    try:
        with path.open("rb") as file:
            while block := file.read(_BLOCK):
                yield block
    except OSError as error:
        raise CordialeError(f"cannot read {path}: {error.strerror}") from error


def digest_of(path: Path) -> str:
    """A file's SHA-256, by which it is known again."""
    digest = hashlib.sha256()
    for part in parts_of(path):
        digest.update(part)
    return digest.hexdigest()


def require(number: int) -> Path:
    """The file; raises Refused once it has been deleted."""
    path = upload(number)
    if not path.is_file():
        raise Refused(_("the file of this import has been deleted; import it again"))
    return path


def remove(number: int) -> bool:
    """Delete the folder; was there one?"""
    there = folder(number).is_dir()
    shutil.rmtree(folder(number), ignore_errors=True)
    return there


def write_check(number: int, report: Mapping[str, Any]) -> None:
    """Keep the outcome of a dry run."""
    draft = folder(number) / "check.part"
    draft.write_text(json.dumps(report, ensure_ascii=False, default=str))
    draft.replace(folder(number) / "check.json")


def find_check(number: int) -> dict[str, Any] | None:
    """The outcome of the last dry run, None for none."""
    try:
        text = (folder(number) / "check.json").read_text()
    except FileNotFoundError:
        return None
    found: dict[str, Any] = json.loads(text)
    return found


def forget_check(number: int) -> None:
    """A dry run of another mapping says nothing any more."""
    (folder(number) / "check.json").unlink(missing_ok=True)


def append_refused(number: int, columns: Sequence[str], rows: Iterable[RefusedRow], at: int) -> int:
    """Write refused rows at byte `at` of their file, over what an interrupted run left there; where the file ends.

    On the disk before it returns: the caller commits the new end afterwards.
    """
    path = refused(number)
    text = io.StringIO(newline="")
    writer = csv.writer(text)
    if at == 0:
        writer.writerow(["row", "reason", *map(harmless, columns)])
    for one in rows:
        writer.writerow([one.row, harmless(one.reason), *map(harmless, one.cells)])
    content = (b"\xef\xbb\xbf" if at == 0 else b"") + text.getvalue().encode("utf-8", "replace")
    with os.fdopen(os.open(path, os.O_RDWR | os.O_CREAT, 0o600), "r+b") as file:
        file.truncate(at)
        file.seek(at)
        file.write(content)
        file.flush()
        os.fsync(file.fileno())
    return at + len(content)


def harmless(cell: str) -> str:
    """A cell that no spreadsheet takes for a formula. A telephone number or an amount stays as it is."""
    text = str(cell).replace("\0", "")
    is_number = text[:1] in "+-" and text[1:].replace(" ", "").replace(".", "").replace(",", "").isdigit()
    return f"'{text}" if text.startswith(_FORMULA) and not is_number else text
