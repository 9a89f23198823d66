"""What product categories are called: `company/categories.yaml` in the home, code → {fr: …, en: …}. May be absent.

`promote: false` beside the names keeps a category out of messages (tobacco, alcohol, what a customer should not be
reminded of); pages still name it.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

from ruamel.yaml.comments import CommentedMap

from cordiale import documents, home
from cordiale.errors import Located

_FILE = "categories.yaml"
_HINT = "write for instance  BREAD: {fr: Pains, en: Bread}  or  WINE: {fr: Vins, en: Wine, promote: false}"


@dataclass(frozen=True)
class Category:
    """Names by language, and whether messages may name it."""

    names: Mapping[str, str]
    is_promoted: bool


def category_label(code: str | None, language: str) -> str:
    """The name of a category in a language (`fr`, `fr-ca` …); another language's, or the code, where it has none.

    Raises Located where the file is wrong.
    """
    category = categories().get(code or "")
    names = category.names if category else {}
    return names.get(language.partition("-")[0]) or next(iter(names.values()), None) or code or ""


def promoted_label(code: str | None, language: str) -> str:
    """The name a message may use; empty where the category has no name, or is not to be promoted."""
    category = categories().get(code or "")
    return category_label(code, language) if category and category.is_promoted else ""


def categories() -> Mapping[str, Category]:
    """All categories by code. Read again when the file changes."""
    path = home.current().company / _FILE
    try:
        changed_at = path.stat().st_mtime_ns
    except FileNotFoundError:
        return {}
    return _read(path, changed_at)


@lru_cache(maxsize=8)
def _read(path: Path, changed_at: int) -> Mapping[str, Category]:
    document = documents.load_file(path)
    if document is None:
        return {}
    if not isinstance(document, CommentedMap):
        raise Located("a mapping of codes to names is needed", line=1, column=1, source=_FILE, hint=_HINT)
    return {str(code): _category(document, code) for code in document}


def _category(document: CommentedMap, code: object) -> Category:
    names = dict(document[code]) if isinstance(document[code], CommentedMap) else None
    is_promoted = names.pop("promote", True) if names is not None else None
    if not names or not isinstance(is_promoted, bool) or not all(isinstance(name, str) for name in names.values()):
        line, column = document.lc.key(code)
        raise Located(f"'{code}' needs a name by language", line=line + 1, column=column + 1, source=_FILE, hint=_HINT)
    return Category({str(language): name for language, name in names.items()}, is_promoted)
