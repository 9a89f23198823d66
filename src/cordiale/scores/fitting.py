"""Learning a score of any kind, and working out its values with a version of it."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from importlib.metadata import version as version_of

import pyarrow as pa

from cordiale import __version__
from cordiale.scores import categories, probability, valuing
from cordiale.scores.learnt import Learnt, Step
from cordiale.scores.models import ScoreVersion
from cordiale.scores.rules.declarations import VALUE, Score


def learn(score: Score, now: datetime, step: Step) -> Learnt:
    """The model of a score with its card, or why there is none."""
    if score.kind == VALUE:
        return valuing.learn(score, now, step)
    if score.is_best_category:
        return categories.learn(score, now, step)
    return probability.learn(score, now, step)


def values(
    score: Score, version: ScoreVersion, part: pa.Table, mask: pa.Array, as_of: datetime
) -> Mapping[str, pa.Array]:
    """The columns of a score for the rows of a snapshot for which `mask` holds; the others have none."""
    if score.kind == VALUE:
        return valuing.values(score, version, part, mask, as_of)
    if score.is_best_category:
        return categories.values(score, version, part, mask, as_of)
    return probability.values(score, version, part, mask, as_of)


def drivers(score: Score, version: ScoreVersion, row: pa.Table, as_of: datetime, top: int) -> list[tuple[str, float]]:
    """What moved the log-odds of one customer's probability most, the strongest first."""
    if score.is_best_category:
        return categories.drivers(version, row, as_of, top)
    return probability.drivers(version, row, as_of, top)


def library() -> str:
    """What models are made with, and its version."""
    return f"scikit-learn {version_of('scikit-learn')}, scipy {version_of('scipy')}, cordiale {__version__}"
