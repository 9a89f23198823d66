"""The small shop of `tests.insight`, and days whose stages are given outright."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from datetime import date, timedelta

import pyarrow as pa
import pytest

from cordiale import clock
from cordiale.insight import definitions
from cordiale.insight.models import Snapshot
from cordiale.insight.rules.lifecycle import STAGES
from cordiale.lake import open_lake
from tests.insight.conftest import Shop, shop

__all__ = ["Shop", "keep", "shop", "year"]
MONTH_ENDS = [date(2026, 3, 31), date(2026, 4, 30), date(2026, 5, 31), date(2026, 6, 30), date(2026, 7, 31),
              date(2026, 8, 31), date(2026, 9, 30), date(2026, 10, 31)]  # fmt: skip


def keep(day: date, stages: Mapping[int, str]) -> None:
    """A snapshot of a day in which these customers are in these stages."""
    rows = {"customer_id": pa.array(stages, pa.int64()), "lifecycle_stage": list(stages.values())}
    open_lake().replace_day(day, pa.table(rows))
    counted = dict.fromkeys(STAGES, 0) | Counter(stages.values())
    end = clock.start_of_day(day + timedelta(days=1), "Europe/Paris")
    Snapshot.objects.update_or_create(day=day, defaults={
        "as_of": end, "customers": len(stages), "seconds": 0, "stages": counted,
        "definition": definitions.current().fingerprint,
    })  # fmt: skip


@pytest.fixture
def year(shop: Shop) -> Shop:
    """Eight month ends of 100 active customers; 5 more turn lost each month, and 2 are new."""
    for month, day in enumerate(MONTH_ENDS):
        lost = dict.fromkeys(range(1, 1 + 5 * month), "lost")
        new = dict.fromkeys(range(101, 101 + 2 * month), "customer")
        keep(day, dict.fromkeys(range(1, 101), "active") | lost | new)
    return shop
