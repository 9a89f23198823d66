"""The scores in force: the company's `scores.yaml`, read again when it changes."""

from __future__ import annotations

import hashlib
import json
from dataclasses import asdict
from functools import lru_cache
from pathlib import Path

from cordiale import home
from cordiale.errors import NotFound
from cordiale.insight.rules.phrases import Fault
from cordiale.insight.rules.phrases import mark as _
from cordiale.scores.rules import declarations
from cordiale.scores.rules.declarations import Score

DATA = Path(__file__).parent / "data"
FILE = "scores.yaml"


def scores() -> tuple[Score, ...]:
    """The declared scores, in their order. Raises Located where `scores.yaml` is wrong."""
    path = home.current().company_file(FILE, DATA / FILE)
    return _read(path, path.stat().st_mtime_ns)


def get_score(name: str) -> Score:
    """The score declared under that name. Raises NotFound."""
    for score in scores():
        if score.name == name:
            return score
    raise NotFound(f"there is no score '{name}'; there are {', '.join(one.name for one in scores()) or 'none'}")


def fingerprint(score: Score) -> str:
    """Differs when a declaration foretells something else: the score is then due to be learnt anew."""
    meaning = {
        key: value for key, value in asdict(score).items() if key not in ("title", "description", "owner", "refit")
    }
    return hashlib.sha256(json.dumps(meaning, sort_keys=True).encode()).hexdigest()


@lru_cache(maxsize=8)
def _read(path: Path, changed_at: int) -> tuple[Score, ...]:
    try:
        text = path.read_text(encoding="utf-8")
    except UnicodeDecodeError as error:
        line = error.object[: error.start].count(b"\n") + 1
        raise Fault(
            _("this is not UTF-8 text"), line=line, column=1, source=FILE, hint=_("save it as UTF-8")
        ) from error
    return tuple(declarations.parse(text, FILE))
