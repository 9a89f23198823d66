"""How the company decides about pairs: `company/duplicates.yaml` in the home."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

from ruamel.yaml.comments import CommentedMap

from cordiale import documents, home
from cordiale.duplicates.rules.judging import Thresholds
from cordiale.errors import Located

_DEFAULT = Path(__file__).parent / "data" / "duplicates.yaml"
LOWEST = 0.05
LOWEST_AUTOMATIC = 0.9


@dataclass(frozen=True)
class Policy:
    """From which probability a pair is shown or merged, and whether merging without asking is on."""

    thresholds: Thresholds
    is_automatic: bool


def policy() -> Policy:
    """The company's. Read again when the file changes. Raises Located where it is wrong."""
    path = home.current().company_file("duplicates.yaml", _DEFAULT)
    return _read(path, path.stat().st_mtime_ns)


@lru_cache(maxsize=8)
def _read(path: Path, changed_at: int) -> Policy:
    values = documents.load_file(path)
    _require(values, ("review", "automatic"), None, path.name)
    automatic = values["automatic"]
    _require(automatic, ("is_on", "from"), values, path.name)
    if not isinstance(automatic["is_on"], bool):
        raise _wrong(automatic, "is_on", path.name, "write true or false")
    review = _share(values, "review", LOWEST, path.name)
    return Policy(
        Thresholds(review, max(review, _share(automatic, "from", LOWEST_AUTOMATIC, path.name))), automatic["is_on"]
    )


def _require(values: Any, names: tuple[str, ...], around: Any, source: str) -> None:
    hint = f"it takes {' and '.join(names)}"
    if not isinstance(values, CommentedMap):
        if around is not None:
            raise _wrong(around, "automatic", source, hint)
        raise Located("this is no list of settings", line=1, column=1, source=source, hint=hint)
    for name in values:
        if name not in names:
            raise _wrong(values, name, source, hint, "is not known")
    for name in names:
        if name not in values:
            line, column = values.lc.line, values.lc.col
            raise Located(f"'{name}' is missing", line=line + 1, column=column + 1, source=source, hint=hint)


def _share(values: Any, name: str, least: float, source: str) -> float:
    value = values[name]
    if isinstance(value, bool) or not isinstance(value, int | float) or not least <= value <= 1:
        raise _wrong(values, name, source, f"write a probability from {least} to 1")
    return float(value)


def _wrong(values: Any, name: str, source: str, hint: str, what: str = "does not fit") -> Located:
    line, column = values.lc.key(name)
    return Located(f"'{name}' {what}", line=line + 1, column=column + 1, source=source, hint=hint)
