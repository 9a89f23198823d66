"""The definitions in force: the company's `traits.yaml` and `lifecycle.yaml`, read again when they change."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

from cordiale import home
from cordiale.errors import Located
from cordiale.insight.rules import lifecycle, traits
from cordiale.insight.rules.lifecycle import Lifecycle
from cordiale.insight.rules.traits import Trait

DATA = Path(__file__).parent / "data"
_COMPILER = 1
"""Raised when the same definitions come to mean something else: snapshots of the day are then computed again."""


@dataclass(frozen=True, kw_only=True)
class Definitions:
    """Traits and life cycle, and the fingerprint of the texts they come from."""

    traits: tuple[Trait, ...]
    lifecycle: Lifecycle
    fingerprint: str

    @property
    def by_name(self) -> Mapping[str, Trait]:
        """The traits by their names."""
        return {trait.name: trait for trait in self.traits}


def current() -> Definitions:
    """The definitions of the current home. Raises Located where a file is wrong."""
    here = home.current()
    files = tuple(here.company_file(name, DATA / name) for name in ("traits.yaml", "lifecycle.yaml"))
    return _read(*((path, path.stat().st_mtime_ns) for path in files))


@lru_cache(maxsize=8)
def _read(traits_file: tuple[Path, int], lifecycle_file: tuple[Path, int]) -> Definitions:
    return parse(_text(traits_file[0]), _text(lifecycle_file[0]))


def parse(traits_text: str, lifecycle_text: str) -> Definitions:
    """The definitions written in two YAML texts. Raises Located where one is wrong."""
    declared = tuple(traits.parse(traits_text, "traits.yaml"))
    fingerprint = hashlib.sha256(f"{_COMPILER}\0{traits_text}\0{lifecycle_text}".encode()).hexdigest()
    kinds = {trait.name: trait.type for trait in declared}
    stages = lifecycle.parse(lifecycle_text, "lifecycle.yaml", kinds)
    return Definitions(traits=declared, lifecycle=stages, fingerprint=fingerprint)


def _text(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8")
    except UnicodeDecodeError as error:
        line = error.object[: error.start].count(b"\n") + 1
        raise Located(
            "this is not UTF-8 text", line=line, column=1, source=path.name, hint="save it as UTF-8"
        ) from error
