"""Learning a score of any kind, and working out its values with a version of it."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from importlib.metadata import version as version_of

import pyarrow as pa

from cordiale import __version__
from cordiale.scores import probability, valuing
from cordiale.scores.learnt import Learnt, Step
from cordiale.scores.models import ScoreVersion
from cordiale.scores.rules.declarations import VALUE, Score


def learn(score: Score, now: datetime, step: Step) -> Learnt:
    """The model of a score with its card, or why there is none."""
    return valuing.learn(score, now, step) if score.kind == VALUE else probability.learn(score, now, step)


def values(
    score: Score, version: ScoreVersion, part: pa.Table, mask: pa.Array, as_of: datetime
) -> Mapping[str, pa.Array]:
    """The columns of a score for the rows of a snapshot for which `mask` holds; the others have none."""
    if score.kind == VALUE:
        return valuing.values(score, version, part, mask, as_of)
    return probability.values(score, version, part, mask, as_of)


def library() -> str:
    """What models are made with, and its version."""
    return f"scikit-learn {version_of('scikit-learn')}, scipy {version_of('scipy')}, cordiale {__version__}"
