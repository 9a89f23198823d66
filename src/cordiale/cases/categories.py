"""What cases are about: `company/cases.yaml` in the home, code → {fr: …, en: …}; defaults come with us."""

from __future__ import annotations

from collections.abc import Mapping
from functools import lru_cache
from pathlib import Path
from typing import Any

from cordiale import documents, home
from cordiale.errors import CordialeError, Located

_DEFAULT = Path(__file__).parent / "data" / "cases.yaml"
_HINT = "write for instance  delivery: {fr: Livraison, en: Delivery}"


def categories() -> Mapping[str, Mapping[str, str]]:
    """Titles by code, in the order of the file. Read again when it changes. Raises Located where it is wrong."""
    path = home.current().company_file("cases.yaml", _DEFAULT)
    return _read(path, path.stat().st_mtime_ns)


def require_category(code: str) -> str:
    """`code` where it is known. Raises CordialeError naming those there are."""
    if code not in categories():
        raise CordialeError(f"'{code}' is not a category of cases; cases.yaml has {', '.join(categories())}")
    return code


@lru_cache(maxsize=8)
def _read(path: Path, changed_at: int) -> Mapping[str, Mapping[str, str]]:
    document = documents.load_file(path)
    if not isinstance(document, dict) or not document:
        raise Located("no category is written here", line=1, column=1, source=path.name, hint=_HINT)
    for code, titles in document.items():
        if not isinstance(titles, dict) or not titles or not all(isinstance(text, str) for text in titles.values()):
            marked: Any = document
            line, column = marked.lc.key(code)
            raise Located(
                f"category '{code}' needs a title by language", line=line + 1, column=column + 1, source=path.name,
                hint=_HINT,
            )  # fmt: skip
    return {str(code): dict(titles) for code, titles in document.items()}
