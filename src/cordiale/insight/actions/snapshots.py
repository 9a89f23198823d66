"""Computing snapshots: every known customer's traits, scores and stage, once a local day."""

from __future__ import annotations

import shutil
import tempfile
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import AbstractContextManager
from datetime import date, datetime, timedelta
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc
from django.db import transaction
from django.db.models import QuerySet

from cordiale import clock, home, locks
from cordiale.clock import local_day, require_aware
from cordiale.company import company
from cordiale.customers.models import Customer
from cordiale.errors import CordialeError
from cordiale.insight import columns, computing, definitions
from cordiale.insight.definitions import Definitions
from cordiale.insight.models import Snapshot
from cordiale.insight.rules.compilation import Moment
from cordiale.insight.rules.facts import FACTS
from cordiale.insight.rules.lifecycle import STAGES
from cordiale.lake import open_lake

_CHUNK = 50_000
_SPOOL, _SPOOL_SECONDS = "traits-", 86_400
_PATIENCE = 900.0
_FIRST_YEAR = 1970


def ensure_snapshot(now: datetime) -> date:
    """The local day of `now`, its snapshot computed where there is none, or where the definitions changed since.

    Facts before `now` count. A snapshot already there is left as it is, so a day has one truth. Raises Located where
    the definitions are wrong.
    """
    day = local_day(now, company().zone)
    if not _is_current(day):
        with _alone():
            if not _is_current(day):
                _compute(day, require_aware(now), definitions.current())
    return day


def compute_day(day: date, now: datetime, *, again: bool = False) -> date:
    """The snapshot of a day up to today: of a past one all its facts count, where it is computed only now.

    A day that has a snapshot is left as it was told then. `again` computes it anew as of the same instant: with the
    definitions of today, and the facts that arrived late. Raises CordialeError for a day to come.
    """
    today = local_day(now, company().zone)
    if day > today:
        raise CordialeError(f"{day} is still to come; ask for {today} or an earlier day")
    if day.year < _FIRST_YEAR:
        raise CordialeError(f"{day} is before {_FIRST_YEAR}; ask for a later day")
    known = Snapshot.objects.filter(day=day).first()
    if day == today and not (again and known):
        return ensure_snapshot(now)
    end = clock.start_of_day(day + timedelta(days=1), company().zone)
    if not again:
        return snapshot_at(end)
    with _alone():
        _compute(day, known.as_of if known else end, definitions.current())
    return day


def snapshot_at(day_end: datetime) -> date:
    """The snapshot of the local day that ends at `day_end` (facts before it count), computed where there is none.

    For past days, so that flows exist before the first run. Returns the day.
    """
    day = local_day(day_end - timedelta(microseconds=1), company().zone)
    if not _is_kept(day):
        with _alone():
            if not _is_kept(day):
                _compute(day, require_aware(day_end), definitions.current())
    return day


def _is_kept(day: date) -> bool:
    return Snapshot.objects.filter(day=day).exists() and day in open_lake().days()


def _is_current(day: date) -> bool:
    """Is the day kept, and by the definitions in force?"""
    known = Snapshot.objects.filter(day=day).first()
    meaning = (definitions.current().fingerprint, columns.fingerprint())
    return known is not None and (known.definition, known.added) == meaning and day in open_lake().days()


def _alone() -> AbstractContextManager[None]:
    """One computation at a time on this machine; whoever waited finds the day there."""
    return locks.exclusive(home.current().prepare().run / "traits.lock", patience=_PATIENCE, doing="computing traits")


def compute_at(instant: datetime, customers: Sequence[int] | pa.Array | None = None) -> Iterator[pa.Table]:
    """What a snapshot of `instant` would hold (customer_id, declared traits, RFM scores, stage), a bucket at a time.

    Nothing is kept, and no column of others is there: this is what scores learn from. `customers` narrows the rows;
    RFM scores compare with everybody all the same, so it saves no time. Raises Located where the definitions are wrong.
    """
    moment = Moment(require_aware(instant), clock.zone(company().zone))
    wanted = None if customers is None else pa.array(customers, pa.int64())
    for part in _scored_parts(definitions.current(), moment):
        yield part if wanted is None else part.filter(pc.is_in(part["customer_id"], wanted))


def _compute(day: date, as_of: datetime, rules: Definitions) -> None:
    """Compute and keep one day. The lake's day is replaced first, in one commit; its record follows.

    A crash between the two leaves no record, or that of other definitions: `ensure_snapshot` then computes it again.
    """
    started = time.monotonic()
    moment = Moment(as_of, clock.zone(company().zone))
    columns.added({trait.name for trait in rules.traits})  # names that clash are told before the work
    stages, added = _stage_counts(), columns.fingerprint()

    def parts() -> Iterator[pa.Table]:
        for part in _scored_parts(rules, moment):
            stages.update(part["lifecycle_stage"].to_pylist())
            yield columns.extended(part, moment)

    open_lake().replace_day(day, parts())
    _record(day, as_of, rules, added, stages, time.monotonic() - started)


def _scored_parts(rules: Definitions, moment: Moment) -> Iterator[pa.Table]:
    """Everybody known at the moment, scored, a bucket at a time."""
    lake, run = open_lake(), home.current().prepare().run
    _sweep(run)
    with tempfile.TemporaryDirectory(prefix=_SPOOL, dir=run) as folder:
        spool = computing.Spool(Path(folder))
        spool.fill(computing.traits_by_part(lake, rules, moment, known_customers(moment.as_of)))
        scales = spool.scales()
        for part in spool.parts():
            yield computing.scored(lake, rules, moment, scales, part)


def _sweep(run: Path) -> None:
    """Remove what computations that were killed left behind, a day ago or longer: it holds customers' values."""
    for folder in run.glob(f"{_SPOOL}*"):
        if time.time() - folder.stat().st_mtime > _SPOOL_SECONDS:
            shutil.rmtree(folder, ignore_errors=True)


def _stage_counts() -> Counter[str]:
    return Counter(dict.fromkeys(STAGES, 0))


def _record(
    day: date, as_of: datetime, rules: Definitions, added: str, stages: Counter[str], seconds: float
) -> None:  # fmt: skip
    with transaction.atomic():
        Snapshot.objects.update_or_create(day=day, defaults={
            "as_of": as_of, "customers": stages.total(), "seconds": round(seconds, 3),
            "definition": rules.fingerprint, "added": added, "stages": dict(stages), "meanings": dict(rules.meanings),
        })  # fmt: skip


def known_customers(as_of: datetime) -> pa.Table:
    """Whom we knew at `as_of` (customer_id), and who has not since been merged into somebody else.

    Known is who was created before it, or did something before it: a base imported later brings its history.
    """
    earlier = _numbers(Customer.objects.filter(created_at__lt=as_of))
    later = pa.table({"customer_id": _numbers(Customer.objects.filter(created_at__gte=as_of))})
    if later.num_rows:
        sql = " UNION ".join(
            f"SELECT customer_id FROM {table} SEMI JOIN later USING (customer_id) WHERE ts < ?" for table in FACTS
        )
        active = open_lake().query(sql, bind=[as_of] * len(FACTS), later=later)["customer_id"].to_numpy()
        earlier = np.sort(np.concatenate([earlier, active]))
    return pa.table({"customer_id": earlier})


def _numbers(customers: QuerySet[Customer]) -> npt.NDArray[np.int64]:
    rows = customers.order_by("pk").values_list("pk", flat=True)
    return np.fromiter(rows.iterator(chunk_size=_CHUNK), dtype=np.int64)
