"""Fitting the model: as a job, each night when it is due, and its versions."""

from __future__ import annotations

import math
import secrets
import time
from collections.abc import Callable, Mapping
from dataclasses import asdict
from datetime import datetime, timedelta
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pyarrow as pa
from django.db import transaction
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from cordiale import clock, home
from cordiale.accounts.actions import audit
from cordiale.accounts.models import Staff
from cordiale.errors import NotFound
from cordiale.jobs import actions as jobs
from cordiale.jobs import daily, kinds
from cordiale.jobs.models import Job
from cordiale.jobs.progress import Progress
from cordiale.recommendations import catalogue, facts
from cordiale.recommendations.models import Fit

if TYPE_CHECKING:
    from cordiale.recommendations.fitting.choosing import Report
    from cordiale.recommendations.fitting.purchases import Purchases
    from cordiale.recommendations.fitting.ranker import Ranker

KIND = "recommendations"
GATE: Mapping[str, int] = {"customers": 500, "orders": 1_000, "products": 50, "days": 84}
"""Below any of these only popularity and own purchases are used: three horizons, and enough people to judge by."""
AGE = timedelta(days=7)
KEPT = 5
Tell = Callable[[int, int], None]


class _Cancelled(Exception):
    """Somebody asked the job to end."""


def register() -> None:
    """Called once, when Django is ready."""
    kinds.register(kinds.Kind(KIND, run, _("Fit the recommendations"), lambda job: reverse("recommendations:index")))
    daily.register(daily.Daily("products", 60, catalogue.fill))
    daily.register(daily.Daily(KIND, 61, fit_when_due))


def ask(actor: Staff | str, now: datetime) -> Job:
    """Ask for a fit; while one waits or runs, that one."""
    open_one = Job.objects.filter(kind=KIND, state__in=("waiting", "running")).first()
    return open_one or jobs.enqueue(KIND, {}, "", actor, now)


def fit_when_due(now: datetime) -> None:
    """Ask for a fit when the last one is a week old, and there is anything to learn from."""
    last = Fit.objects.order_by("-id").first()
    if (last is None or last.fitted_at <= now - AGE) and facts.sizes(now)["orders"]:
        ask("jobs", now)


def run(job: Progress) -> Mapping[str, Any] | None:
    """The job's work."""

    def tell(done: int, total: int) -> None:
        job.done(done, total)
        if job.is_cancelled():
            raise _Cancelled

    catalogue.fill(job.now)
    try:
        made = fit(job.now, actor=job.staff or job.actor, tell=tell)
    except _Cancelled:
        return None
    return {"fit": made.pk, "method": made.method}


def fit(now: datetime, *, actor: Staff | str, tell: Tell = lambda done, total: None) -> Fit:
    """Fit on purchases before `now`, keep the version and its file, put it in force.

    Below the gate it knows popularity and own purchases alone, and says what is lacking.
    """
    began = time.monotonic()
    found = facts.sizes(clock.require_aware(now))
    purchases, chosen = _read(now)
    if len(purchases.day):
        found["days"] = math.ceil(float(purchases.day.max() - purchases.day.min())) + 1
    found["products"] = purchases.items
    lacking = [{"what": what, "needed": least, "there": found.get(what, 0)} for what, least in GATE.items()
               if found.get(what, 0) < least]  # fmt: skip
    ranker, report = _fitted(purchases, chosen, is_enough=not lacking, now=now, tell=tell)
    file = f"recommendations-{now:%Y%m%d}-{secrets.token_hex(4)}.npz"
    ranker.save(_folder() / file)
    with transaction.atomic():
        made = Fit.objects.create(
            fitted_at=now, method=ranker.method, file=file,
            products=found["products"], customers=found["customers"], orders=found["orders"], gate=lacking,
            report=_as_json(report), tuning=asdict(ranker.tuning), seconds=round(time.monotonic() - began, 1),
        )  # fmt: skip
        audit("recommendations", str(made.pk), "fit", actor, {"method": made.method}, now)
    _forget_old()
    return made


def find_fit() -> Fit | None:
    """The version in force, None before the first."""
    return Fit.objects.order_by("-id").first()


def get_fit() -> Fit:
    """The version in force. Raises NotFound before the first."""
    found = find_fit()
    if found is None:
        raise NotFound("no model was fitted yet; the work of each night does it, or 'recommendations fit' does it now")
    return found


def ranker_of(fit: Fit) -> Ranker | None:
    """The model of a version; None where its file is gone or unreadable (it is fitted anew at the next chance)."""
    path = _folder() / fit.file
    try:
        return _load(path, path.stat().st_mtime_ns)
    except (OSError, ValueError, KeyError):
        return None


@lru_cache(maxsize=2)
def _load(path: Path, changed_at: int) -> Ranker:
    from cordiale.recommendations.fitting.ranker import Ranker  # noqa: PLC0415 - scipy only where models are used

    return Ranker.load(path)


def _folder() -> Path:
    folder = home.current().prepare().root / "models"
    folder.mkdir(mode=0o700, exist_ok=True)
    return folder


def _read(now: datetime) -> tuple[Purchases, pa.Table]:
    """Purchases with codes for products (by the order of their ids) and customers (nobody's number is kept)."""
    import numpy as np  # noqa: PLC0415 - commands start without it

    from cordiale.recommendations.fitting.purchases import Purchases  # noqa: PLC0415 - scipy

    chosen = facts.products(now).sort_by("product_id")
    codes = pa.array(range(chosen.num_rows), pa.int32())
    rows = facts.purchases(now, pa.table({"product_id": chosen["product_id"], "code": codes}))
    people, customer = np.unique(rows["customer_id"].to_numpy(), return_inverse=True)
    order = np.lexsort((rows["code"].to_numpy(), rows["day"].to_numpy(), customer))
    purchases = Purchases(
        customer[order].astype(np.int32), rows["code"].to_numpy()[order].astype(np.int32),
        rows["day"].to_numpy()[order].astype(np.float32), len(people), chosen.num_rows,
    )  # fmt: skip
    return purchases, chosen


def _fitted(
    purchases: Purchases, chosen: pa.Table, *, is_enough: bool, now: datetime, tell: Tell
) -> tuple[Ranker, Report | None]:
    import numpy as np  # noqa: PLC0415

    from cordiale.recommendations.fitting import choosing  # noqa: PLC0415 - scipy

    names = np.array(chosen["product_id"].to_pylist(), dtype=np.str_)
    labels = np.array([one or "" for one in chosen["category"].to_pylist()], dtype=np.str_)
    distinct, category = np.unique(labels, return_inverse=True)
    products = choosing.Catalogue(names, category.astype(np.int32), distinct)
    if not is_enough:
        return choosing.only_popular(purchases, products, now.timestamp() / 86_400), None
    choice = choosing.choose(purchases, products, tell)
    return choice.ranker, choice.report


def _as_json(report: Report | None) -> dict[str, Any]:
    """NaN (nobody to judge by) as null: JSON knows no other."""
    return {} if report is None else dict(_finite(asdict(report)))


def _finite(value: Any) -> Any:
    if isinstance(value, dict):
        return {name: _finite(one) for name, one in value.items()}
    if isinstance(value, list | tuple):
        return [_finite(one) for one in value]
    return None if isinstance(value, float) and not math.isfinite(value) else value


def _forget_old() -> None:
    """The last few versions stay, for comparison; files of others are deleted, their figures kept."""
    kept = set(Fit.objects.order_by("-id").values_list("file", flat=True)[:KEPT])
    for path in _folder().glob("recommendations-*.npz"):
        if path.name not in kept:
            path.unlink(missing_ok=True)
