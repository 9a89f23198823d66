"""How people buy is the same on Apache Spark, row by row."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import numpy as np
import pyarrow as pa
import pytest

from cordiale import clock
from cordiale.insight.queries.snapshots import FLOWS
from cordiale.lake import open_lake
from cordiale.lake.spark import SparkEngine
from cordiale.lifecycle import statements

from .conftest import MONTH_ENDS, Shop

pytestmark = [pytest.mark.spark, pytest.mark.django_db]
AT = datetime(2026, 11, 16, 9, tzinfo=UTC)
STAGES = ("active", "lost", "dormant")


def fill(shop: Shop) -> None:
    """Orders of a year around bounds of months and clock changes, some of them returns; two aliases."""
    random = np.random.default_rng(3)
    rows: list[dict[str, Any]] = []
    for order in range(400):
        at = AT - timedelta(hours=int(random.integers(1, 9500)), minutes=int(random.integers(0, 60)))
        for line in range(1, int(random.integers(2, 6))):
            amount = round(float(random.gamma(2, 8)) - (12 if order % 9 == 0 else 0), 2)
            rows.append({
                "customer_id": 1 + order * 7 % 40, "ts": at, "order_id": f"o{order}", "line_no": line,
                "category": None if line == 4 else f"c{random.integers(0, 9)}", "amount": f"{amount:.2f}",
            })  # fmt: skip
    shop.lines(rows)
    open_lake().publish_aliases(pa.table({"alias_id": [40, 39], "customer_id": [1, 2]}))
    ratio = pa.array([None if n % 5 == 0 else n / 10 for n in range(1, 39)], pa.float64())
    stage = [STAGES[n % 3] for n in range(1, 39)]
    open_lake().replace_day(AT.date(), pa.table({
        "customer_id": pa.array(range(1, 39), pa.int64()), "lifecycle_stage": stage, "overdue_ratio": ratio,
    }))  # fmt: skip


def test_every_statement_gives_the_same_rows_on_both_engines(shop: Shop) -> None:
    fill(shop)
    months = [clock.start_of_day(datetime(2026, month, 1, tzinfo=UTC).date(), "Europe/Paris") for month in range(2, 12)]
    told = (statements.cohorts(months), statements.intervals(AT), statements.overdue(), statements.baskets(AT),
            statements.categories(AT))  # fmt: skip
    spark = SparkEngine(open_lake())

    for sql in told:
        ours, theirs = (rows(engine.query(sql, AT.date())) for engine in (open_lake(), spark))
        assert ours
        assert ours == theirs, sql
    spark.close()


def test_moves_between_days_are_counted_alike_on_both_engines(year: Shop) -> None:
    first, *_, last = MONTH_ENDS
    spark = SparkEngine(open_lake())

    ours, theirs = (rows(engine.query(FLOWS, bind=[first, last])) for engine in (open_lake(), spark))

    assert len(ours) > 2
    assert ours == theirs
    spark.close()


def rows(table: pa.Table) -> list[tuple[Any, ...]]:
    return sorted(
        (
            tuple(round(value, 6) if isinstance(value, float) else value for value in row.values())
            for row in table.to_pylist()
        ),
        key=str,
    )
