"""Scores as columns of each day's snapshot."""

from __future__ import annotations

import hashlib
import logging
from collections.abc import Sequence
from datetime import datetime

import pyarrow as pa

from cordiale.errors import CordialeError
from cordiale.insight.columns import ARROW
from cordiale.insight.rules.compilation import Moment
from cordiale.insight.rules.traits import Trait
from cordiale.scores import definitions, fitting, observing, queries, words
from cordiale.scores.models import ScoreRun, ScoreVersion, Term
from cordiale.scores.rules.declarations import VALUE, VALUE_COLUMNS, Score

SOURCE = "scores"
_WORKING = 1
"""Raised when the same versions come to give other values."""
_log = logging.getLogger(__name__)
_TYPES = {"probability": "share", "category": "text"}


class Scores:
    """The source of `insight.columns`: every declared score, empty while it does not exist."""

    def traits(self) -> Sequence[Trait]:
        """The columns of all declared scores."""
        return [trait for score in definitions.scores() for trait in traits_of(score)]

    def fingerprint(self) -> str:
        """Of the versions in force and the columns there are."""
        terms = Term.objects.filter(until__isnull=True).order_by("score").values_list("score", "version__digest")
        columns = [list(score.columns.values()) + list(score.among) for score in definitions.scores()]
        return hashlib.sha256(f"{_WORKING}{list(terms)}{columns}".encode()).hexdigest()

    def extend(self, part: pa.Table, moment: Moment) -> pa.Table:
        """`part` with the scores of its customers, by the versions that count at the moment."""
        hidden, runs = observing.restricted(), []
        for score in definitions.scores():
            found = queries.for_snapshot(score.name, moment.as_of)
            if found is None:
                part = _empty(score, part)
                continue
            version, is_retroactive = found
            try:
                part = _filled(score, version, part, hidden, moment.as_of)
            except CordialeError as error:  # a lost file or trait must not keep the day's other traits from being there
                _log.warning("no values of the score %s: %s", score.name, error)
                part = _empty(score, part)
                continue
            runs.append(ScoreRun(score=score.name, as_of=moment.as_of, version=version, is_retroactive=is_retroactive))
        ScoreRun.objects.bulk_create(
            runs,
            update_conflicts=True,
            unique_fields=["score", "as_of"],
            update_fields=["version", "is_retroactive"],
        )
        return part


def traits_of(score: Score) -> list[Trait]:
    """The columns of one score, described as traits."""
    return [
        Trait(
            name=column, type=type_of(score, key), unit=words.unit(score, key), window=None, ago=0, source="score",
            definition=f"{score.kind}: {score.name}", title=words.column_title(score, key),
            description=words.column_description(score, key),
        )
        for key, column in score.columns.items()
    ]  # fmt: skip


def type_of(score: Score, key: str) -> str:
    """The type of a column."""
    return VALUE_COLUMNS[key] if score.kind == VALUE else _TYPES[key]


def _empty(score: Score, part: pa.Table) -> pa.Table:
    for key, column in score.columns.items():
        part = part.append_column(column, pa.nulls(part.num_rows, ARROW[type_of(score, key)]))
    return part


def _filled(score: Score, version: ScoreVersion, part: pa.Table, hidden: pa.Array, as_of: datetime) -> pa.Table:
    mask = observing.is_about(score, part, hidden, as_of)
    found = fitting.values(score, version, part, mask, as_of)
    for key, column in score.columns.items():
        part = part.append_column(column, found[key].cast(ARROW[type_of(score, key)], safe=False))
    return part
