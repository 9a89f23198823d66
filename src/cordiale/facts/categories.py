"""What product categories are called: `company/categories.yaml` in the home, code → {fr: …, en: …}. May be absent."""

from __future__ import annotations

from collections.abc import Mapping
from functools import lru_cache
from pathlib import Path

from ruamel.yaml import YAML
from ruamel.yaml.comments import CommentedMap
from ruamel.yaml.error import MarkedYAMLError

from cordiale import home
from cordiale.errors import Located

_FILE = "categories.yaml"
_HINT = "write for instance  WINE: {fr: Vins, en: Wine}"


def category_label(code: str | None, language: str) -> str:
    """The name of a category in a language (`fr`, `fr-ca` …); another language's, or the code, where it has none.

    Raises Located where the file is wrong.
    """
    titles = labels().get(code or "", {})
    return titles.get(language.partition("-")[0]) or next(iter(titles.values()), None) or code or ""


def labels() -> Mapping[str, Mapping[str, str]]:
    """All labels: code → language → name. Read again when the file changes."""
    path = home.current().company / _FILE
    try:
        changed_at = path.stat().st_mtime_ns
    except FileNotFoundError:
        return {}
    return _read(path, changed_at)


@lru_cache(maxsize=8)
def _read(path: Path, changed_at: int) -> Mapping[str, Mapping[str, str]]:
    try:
        document = YAML(typ="rt").load(path.read_text())
    except MarkedYAMLError as error:
        mark = error.problem_mark
        raise Located(
            str(error.problem),
            line=(mark.line if mark else 0) + 1,
            column=(mark.column if mark else 0) + 1,
            source=_FILE,
        ) from error
    if document is None:
        return {}
    if not isinstance(document, CommentedMap):
        raise Located("a mapping of codes to names is needed", line=1, column=1, source=_FILE, hint=_HINT)
    return {str(code): _titles(document, code) for code in document}


def _titles(document: CommentedMap, code: object) -> Mapping[str, str]:
    titles = document[code]
    if not isinstance(titles, CommentedMap) or not all(isinstance(name, str) for name in titles.values()):
        line, column = document.lc.key(code)
        raise Located(f"'{code}' needs a name by language", line=line + 1, column=column + 1, source=_FILE, hint=_HINT)
    return {str(language): str(name) for language, name in titles.items()}
