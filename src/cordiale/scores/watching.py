"""Do today's customers still look like those the scores learnt from? Looked at each night, feature by feature."""

from __future__ import annotations

from datetime import datetime

import pyarrow as pa

from cordiale import learning
from cordiale.errors import CordialeError
from cordiale.insight import queries as insight
from cordiale.lake import open_lake
from cordiale.scores import definitions, observing, queries
from cordiale.scores.models import ScoreVersion, Watch
from cordiale.scores.rules.declarations import Score

THRESHOLD = 0.25
"""From this index on a feature has moved much (Siddiqi 2006): the score is to be looked at, or learnt anew."""


def watch(now: datetime) -> list[Watch]:
    """Compare the latest snapshot with what each version in force learnt from, once a day."""
    snapshot = insight.find_snapshot()
    if snapshot is None:
        return []
    watches = []
    for score in definitions.scores():
        version = queries.find_in_force(score.name)
        found = _drift(score, version, snapshot.as_of) if version else None
        if version is None or found is None:
            continue
        made, _ = Watch.objects.update_or_create(
            version=version, day=snapshot.day, defaults={"drift": found, "worst": max(found.values(), default=0.0)}
        )
        watches.append(made)
    return watches


def _drift(score: Score, version: ScoreVersion, as_of: datetime) -> dict[str, float] | None:
    """The index of each feature that is still declared; None where nobody gets the score, or the day lacks one."""
    kept, there = learning.Reference.from_json(version.card["reference"]), queries.inputs()
    reference = learning.Reference({name: one for name, one in kept.features.items() if name in there})
    columns = ["customer_id", "lifecycle_stage", "orders_total", *reference.features]
    try:
        rows = open_lake().query(f"SELECT {', '.join(dict.fromkeys(columns))} FROM traits")
        mask = observing.is_about(score, rows, observing.restricted(), as_of)
        chosen: pa.Table = rows.filter(mask)
        return learning.drift(reference, chosen, as_of) if chosen.num_rows else None
    except CordialeError:  # a trait it learnt from is not in the latest snapshot yet: the next one tells
        return None
