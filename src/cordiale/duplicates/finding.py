"""Looking for duplicates: over the whole base, or what changed since the last time against everybody."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime

import pyarrow as pa
import pyarrow.compute as pc

from cordiale import clock, home, locks
from cordiale.duplicates import keeping, reading
from cordiale.duplicates.linking import engine, training
from cordiale.duplicates.linking.comparisons import COMPARISONS
from cordiale.duplicates.linking.model import Model, from_json, shipped
from cordiale.duplicates.merging import merge_automatically
from cordiale.duplicates.models import Run, State, Suggestion
from cordiale.duplicates.policy import policy
from cordiale.duplicates.rules import judging

GROWN = 1.5  # a base so many times as large as when its weights were learned is looked at as a whole again
_KEPT_RUNS = 100
_PATIENCE = 5.0
Watch = Callable[[int, int], None]


@dataclass(frozen=True, kw_only=True)
class Found:
    """What one search looked at and left open. `compared` customers were new, changed or in an open pair."""

    is_full: bool
    is_trained: bool
    customers: int
    compared: int
    pairs: int
    open: int
    merged: int
    seconds: float


def find(now: datetime, *, full: bool = False, watch: Watch | None = None) -> Found:
    """Look for duplicates; a whole search also learns the weights anew. One at a time: raises Unavailable otherwise."""
    now = clock.require_aware(now)
    with locks.exclusive(home.current().run / "duplicates.lock", patience=_PATIENCE, doing="looking for duplicates"):
        return _find(now, full, watch)


def _find(now: datetime, full: bool, watch: Watch | None) -> Found:
    start = time.monotonic()
    engine.sweep()
    customers = reading.customers()
    model = None if full else _usable_model(customers.num_rows)
    is_full = model is None
    with engine.opened(customers) as base:
        if model is None:
            model = training.learn(base, shipped())
        else:
            base.blank(model)
        pairs = base.pairs(only_new=not is_full)
        suggested = list(_suggested(base, model, watch))
    keeping.keep(suggested, _changed(customers), now)
    merged = merge_automatically(now)
    run = Run.objects.create(
        at=now, is_full=is_full, customers=customers.num_rows, pairs=pairs, merged=merged,
        compared=customers.num_rows if is_full else pc.sum(customers["is_new"]).as_py() or 0,
        suggested=Suggestion.objects.filter(state=State.OPEN).count(), seconds=round(time.monotonic() - start, 1),
        is_trained=model.is_trained, model=model.as_json() if is_full else None,
    )  # fmt: skip
    _forget_old(run)
    return Found(
        is_full=is_full, is_trained=model.is_trained, customers=run.customers, compared=run.compared, pairs=pairs,
        open=run.suggested, merged=merged, seconds=run.seconds,
    )  # fmt: skip


def _usable_model(customers: int) -> Model | None:
    run = Run.objects.filter(model__isnull=False).order_by("-id").first()
    if run is None or run.model is None or customers > max(GROWN * run.customers, 1_000):
        return None
    return from_json(run.model)


def _suggested(base: engine.Base, model: Model, watch: Watch | None) -> Iterator[keeping.Pair]:
    thresholds = policy().thresholds
    for part in base.score(model, thresholds.review, watch):
        gammas = [(one, part.column(f"gamma_{one.name}").to_pylist()) for one in COMPARISONS]
        columns = (part.column(name).to_pylist() for name in ("smaller", "larger", "weight"))
        for place, (first, second, weight) in enumerate(zip(*columns, strict=True)):
            levels = {one.name: level for one, gamma in gammas if (level := one.level_of(gamma[place]))}
            chance = judging.probability(weight, levels, model.caps)
            band = judging.band(chance, levels, thresholds)
            if band is not judging.Band.NOTHING:
                yield keeping.Pair(
                    first=first, second=second, probability=chance, weight=weight, levels=levels,
                    can_be_automatic=band is judging.Band.AUTOMATIC,
                )  # fmt: skip


def _changed(customers: pa.Table) -> pa.Table:
    return customers.filter(customers["is_new"]).select(["unique_id", "fingerprint"])


def _forget_old(run: Run) -> None:
    """Only the latest model is of use, and a hundred runs tell enough."""
    if run.is_full:
        Run.objects.filter(model__isnull=False).exclude(pk=run.pk).update(model=None)
    Run.objects.filter(model__isnull=True, pk__lte=run.pk - _KEPT_RUNS).delete()
