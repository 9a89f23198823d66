"""What recommendations and the next category learn from is the same on Apache Spark, row by row."""

from __future__ import annotations

import logging
from collections.abc import Callable
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

import pyarrow as pa
import pytest

from cordiale.customers.models import Customer
from cordiale.lake import choosing, open_lake
from cordiale.recommendations import facts
from cordiale.scores import categories
from tests.recommendations.conftest import line

pytestmark = [pytest.mark.spark, pytest.mark.django_db]
DAY = timedelta(days=1)


def hostile(customers: list[Customer], now: datetime) -> pa.Table:
    """Returns, products that change their category or have none, orders at the borders of the window, an alias's."""
    rows = [line(one, now - DAY, f"h{number}", 1, number % 60) for number, one in enumerate(customers[:80])]
    for number, row in enumerate(rows):
        row["category"] = (None, "TEA", "NEW", "")[number % 4]
        if number % 5 == 0:
            row["quantity"], row["amount"] = -1, Decimal("-7.00")
    rows += [
        line(customers[number], at, f"b{number}", 1, 5)
        for number, at in enumerate(
            [now, now - facts.WINDOW, now - facts.WINDOW - timedelta(microseconds=1), now - timedelta(microseconds=1)]
        )
    ]
    return pa.Table.from_pylist(rows)  # fmt: skip


def plain(rows: Any) -> Any:
    if not isinstance(rows, pa.Table):
        return rows
    return rows.schema, sorted((tuple(row.values()) for row in rows.to_pylist()), key=str)


def test_both_engines_learn_from_the_same_purchases(
    shop: list[Customer], now: datetime, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    open_lake().append("order_lines", hostile(shop, now))
    open_lake().publish_aliases(pa.table({"alias_id": [shop[7].pk], "customer_id": [shop[8].pk]}))
    codes = facts.products(now)
    chosen = pa.table({"product_id": codes["product_id"], "code": pa.array(range(codes.num_rows), pa.int32())})
    asked: list[Callable[[], Any]] = [
        lambda: facts.sizes(now), lambda: facts.products(now), lambda: facts.purchases(now, chosen),
        lambda: open_lake().query(categories._BOUGHT, bind=[now]),
        lambda: open_lake().query(categories._CAME, bind=[now - 30 * DAY, now]),
    ]  # fmt: skip
    here = [plain(ask()) for ask in asked]
    monkeypatch.setenv(choosing.ENGINE, "spark")
    with caplog.at_level(logging.INFO, "cordiale.lake"):
        there = [plain(ask()) for ask in asked]
    assert "DuckDB answers" not in caplog.text
    assert here == there
    assert here[0]["customers"] == len(shop) - 3  # Bob is restricted, Paul bought nothing, one is an alias
