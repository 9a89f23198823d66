"""The company's rules and guides: `company/recommendations.yaml` and `company/guides.yaml` in the home."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping
from datetime import datetime
from functools import lru_cache
from pathlib import Path
from typing import Any

from cordiale import documents, home
from cordiale.accounts.actions import audit
from cordiale.accounts.models import Staff
from cordiale.errors import CordialeError, NotFound
from cordiale.recommendations.rules import guides as guiding
from cordiale.recommendations.rules import rulebook
from cordiale.recommendations.rules.guides import Guide
from cordiale.recommendations.rules.rulebook import Rulebook

_DATA = Path(__file__).parent / "data"
LARGEST = 200_000
_PARSERS: dict[str, Callable[[Any, str], Any]] = {rulebook.SOURCE: rulebook.parse, guiding.SOURCE: guiding.parse}


def rules() -> Rulebook:
    """The rules in force. Read again when the file changes. Raises Located where it is wrong."""
    found: Rulebook = _current(rulebook.SOURCE)
    return found


def guides() -> Mapping[str, Guide]:
    """All guides by name. Raises Located where the file is wrong."""
    found: Mapping[str, Guide] = _current(guiding.SOURCE)
    return found


def get_guide(name: str) -> Guide:
    """The guide called `name`. Raises NotFound."""
    known = guides()
    if name not in known:
        there = f"there are {', '.join(known)}" if known else "none is written yet, in company/guides.yaml"
        raise NotFound(f"there is no guide '{name}'; {there}")
    return known[name]


def text(source: str) -> str:
    """The document as the company wrote it; `source` is one of the two files. Raises NotFound."""
    return _path(source).read_text("utf-8-sig")


def write(source: str, new: str, *, actor: Staff | str, now: datetime) -> None:
    """Put another text in the place of a document. Raises Located where it is wrong; nothing is written then."""
    path = _path(source)
    if len(new) > LARGEST:
        raise CordialeError(f"{source} may hold {LARGEST} characters, not {len(new)}; shorten it")
    new = new.replace("\r\n", "\n")
    _PARSERS[source](documents.load(new, source), source)
    draft = path.with_suffix(f".{os.getpid()}.draft")
    draft.write_text(new, "utf-8")
    draft.replace(path)
    audit("recommendations", source, "edit", actor, {}, now)


def _path(source: str) -> Path:
    if source not in _PARSERS:
        raise NotFound(f"there is no document '{source}'; there are {', '.join(_PARSERS)}")
    return home.current().company_file(source, _DATA / source)


def _current(source: str) -> Any:
    path = _path(source)
    return _read(path, path.stat().st_mtime_ns, path.stat().st_size)


@lru_cache(maxsize=16)
def _read(path: Path, changed_at: int, size: int) -> Any:
    return _PARSERS[path.name](documents.load_file(path), path.name)
