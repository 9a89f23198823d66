"""The definitions in force: our traits, the company's own from its file and its page, and its life cycle.

Read again when one of them changes: a file by its time, the page's versions by one small question to the database.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from functools import lru_cache
from pathlib import Path

from django.db.models import Count, Max
from django.utils.translation import gettext_noop

from cordiale import home
from cordiale.errors import Located
from cordiale.insight.models import TraitVersion
from cordiale.insight.rules.definitions import LIFECYCLE, TRAITS, Definitions, assembled, parse
from cordiale.insight.rules.phrases import Fault
from cordiale.insight.rules.traits import FILE, PAGE, Document

__all__ = ["DATA", "Definitions", "Document", "Located", "assembled", "current", "documents", "lifecycle_text", "parse"]

DATA = Path(__file__).parent / "data"

_COPIES = frozenset({
    "648d6ec44f7a5c9d94bddc04da01fae6d38a15a432b722df242a5374feb53c6a",
    "7dd0ae62728a85adb0baf5d5e9d0319fa6025bdb06f0b570126a48d68f71a6a5",
    "c8b1445aeb12d4c426bc1f26166b9b8b75112d6a3672b796f01474d66079d874",
})  # fmt: skip
"""Fingerprints of what we put into `company/traits.yaml` before it was theirs alone: such a copy declares nothing."""

Stamp = tuple[int, int]
"""Tells apart what the page holds at two moments: the last version's key, and how many are retired."""


def current() -> Definitions:
    """The definitions of the current home. Raises Located where a text is wrong."""
    here = home.current()
    stages = here.company_file(LIFECYCLE, DATA / LIFECYCLE)
    own = here.company / TRAITS
    return _read((own, _changed_at(own)), (stages, stages.stat().st_mtime_ns), _stamp())


def documents(*, without: Sequence[str] = ()) -> list[Document]:
    """What declares traits at present: ours, the company's file, the page's versions but those of some names."""
    own = home.current().company / TRAITS
    return [*_ours_and_file(own, _changed_at(own)), *(one for one in _page() if one.source not in without)]


def lifecycle_text() -> str:
    """The company's life cycle as it is written."""
    return _text(home.current().company_file(LIFECYCLE, DATA / LIFECYCLE))


@lru_cache(maxsize=8)
def _read(own: tuple[Path, int], stages: tuple[Path, int], stamp: Stamp) -> Definitions:
    return assembled([*_ours_and_file(*own), *_page()], _text(stages[0]))


def _ours_and_file(own: Path, changed_at: int) -> list[Document]:
    ours = Document(text=_text(DATA / TRAITS), source=f"the product's {TRAITS}")
    theirs = _text(own) if changed_at else ""
    if not theirs or hashlib.sha256(theirs.encode()).hexdigest() in _COPIES:
        return [ours]
    return [ours, Document(text=theirs, source=TRAITS, origin=FILE)]


def _page() -> list[Document]:
    """The page's traits by name; the name of each is its document's source."""
    latest = TraitVersion.objects.order_by("name", "-version").distinct("name")
    rows = TraitVersion.objects.filter(pk__in=latest.values("pk"), retired_at=None).order_by("name")
    return [Document(text=row.text, source=row.name, origin=PAGE) for row in rows]


def _stamp() -> Stamp:
    row = TraitVersion.objects.aggregate(last=Max("pk"), retired=Count("retired_at"))
    return row["last"] or 0, row["retired"]


def _changed_at(path: Path) -> int:
    """When a file last changed (nanoseconds), 0 where there is none."""
    try:
        return path.stat().st_mtime_ns
    except FileNotFoundError:
        return 0


def _text(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8")
    except UnicodeDecodeError as error:
        line = error.object[: error.start].count(b"\n") + 1
        raise Fault(
            gettext_noop("this is not UTF-8 text"),
            line=line,
            column=1,
            source=path.name,
            hint=gettext_noop("save it as UTF-8"),
        ) from error
