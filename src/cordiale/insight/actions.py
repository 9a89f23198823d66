"""Computing snapshots: every known customer's traits, scores and stage, once a local day."""

from __future__ import annotations

import shutil
import tempfile
import time
from collections import Counter
from collections.abc import Iterator
from datetime import date, datetime, timedelta
from pathlib import Path

import numpy as np
import pyarrow as pa
from django.db import transaction

from cordiale import clock, home
from cordiale.clock import local_day, require_aware
from cordiale.company import company
from cordiale.customers.models import Customer
from cordiale.insight import computing, definitions
from cordiale.insight.definitions import Definitions
from cordiale.insight.models import Snapshot
from cordiale.insight.rules.compilation import Moment
from cordiale.insight.rules.lifecycle import STAGES
from cordiale.lake import open_lake

_CHUNK = 50_000
_SPOOL, _SPOOL_SECONDS = "traits-", 86_400


def ensure_snapshot(now: datetime) -> date:
    """The local day of `now`, its snapshot computed where there is none, or where the definitions changed since.

    Facts before `now` count. A snapshot already there is left as it is, so a day has one truth. Raises Located where
    the definitions are wrong.
    """
    day = local_day(now, company().zone)
    rules = definitions.current()
    known = Snapshot.objects.filter(day=day).first()
    if known is None or known.definition != rules.fingerprint or day not in open_lake().days():
        _compute(day, require_aware(now), rules)
    return day


def snapshot_at(day_end: datetime) -> date:
    """The snapshot of the local day that ends at `day_end` (facts before it count), computed where there is none.

    For past days, so that flows exist before the first run. Returns the day.
    """
    day = local_day(day_end - timedelta(microseconds=1), company().zone)
    if not Snapshot.objects.filter(day=day).exists() or day not in open_lake().days():
        _compute(day, require_aware(day_end), definitions.current())
    return day


def _compute(day: date, as_of: datetime, rules: Definitions) -> None:
    """Compute and keep one day. The lake's day is replaced first, in one commit; its record follows.

    A crash between the two leaves no record, or that of other definitions: `ensure_snapshot` then computes it again.
    """
    started = time.monotonic()
    moment = Moment(as_of, clock.zone(company().zone))
    stages = _stage_counts()
    lake = open_lake()
    run = home.current().prepare().run
    _sweep(run)
    with tempfile.TemporaryDirectory(prefix=_SPOOL, dir=run) as folder:
        spool = computing.Spool(Path(folder))
        spool.fill(computing.traits_by_part(lake, rules, moment, known_customers(as_of)))
        scales = spool.scales()

        def parts() -> Iterator[pa.Table]:
            for part in spool.parts():
                scored = computing.scored(lake, rules, moment, scales, part)
                stages.update(scored["lifecycle_stage"].to_pylist())
                yield scored

        lake.replace_day(day, parts())
    _record(day, as_of, rules, stages, time.monotonic() - started)


def _sweep(run: Path) -> None:
    """Remove what computations that were killed left behind, a day ago or longer: it holds customers' values."""
    for folder in run.glob(f"{_SPOOL}*"):
        if time.time() - folder.stat().st_mtime > _SPOOL_SECONDS:
            shutil.rmtree(folder, ignore_errors=True)


def _stage_counts() -> Counter[str]:
    return Counter(dict.fromkeys(STAGES, 0))


def _record(day: date, as_of: datetime, rules: Definitions, stages: Counter[str], seconds: float) -> None:
    with transaction.atomic():
        Snapshot.objects.update_or_create(day=day, defaults={
            "as_of": as_of, "customers": stages.total(), "seconds": round(seconds, 3),
            "definition": rules.fingerprint, "stages": dict(stages),
        })  # fmt: skip


def known_customers(as_of: datetime) -> pa.Table:
    """Whom we knew at `as_of` (customer_id): created before it, and not since merged into somebody else."""
    rows = Customer.objects.filter(created_at__lt=as_of).order_by("pk").values_list("pk", flat=True)
    return pa.table({"customer_id": np.fromiter(rows.iterator(chunk_size=_CHUNK), dtype=np.int64)})
