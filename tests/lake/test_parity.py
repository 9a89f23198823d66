"""Both engines give the same rows for every construct the allow-list lets through."""

from __future__ import annotations

import math
import sys
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

import pyarrow as pa
import pytest

from cordiale import home
from cordiale.errors import Unavailable
from cordiale.lake import Lake, dialect
from cordiale.lake.spark import SparkEngine

from .parity_constructs import CONSTRUCTS, REFUSED

_ROWS = pa.table({
    "k": pa.array(range(1, 41), pa.int64()),
    "x": pa.array([None if n % 4 == 0 else n % 11 for n in range(40)], pa.int64()),
    "y": pa.array([n % 3 for n in range(40)], pa.int64()),
    "h": pa.array([n / 2 - 5 for n in range(40)], pa.float64()),
    "j": [f'{{"a":{{"b":{n % 7},"s":"x{n % 3}","n":null}},"arr":[1,2,{n % 5}]}}' for n in range(40)],
})  # fmt: skip


def _lines(count: int) -> pa.Table:
    start = datetime(2025, 10, 1, 22, 30, tzinfo=UTC)
    return pa.table({
        "customer_id": pa.array([1 + (n // 3 * 7) % 30 for n in range(count)], pa.int64()),
        "ts": pa.array([start + timedelta(hours=n // 3 * 37, microseconds=n // 3) for n in range(count)]),
        "order_id": [f"o{n // 3}" for n in range(count)],
        "line_no": pa.array([n % 3 + 1 for n in range(count)], pa.int32()),
        "product_id": [f"p{n % 17}" for n in range(count)],
        "category": [f"C{n * 5 % 23:02}" for n in range(count)],
        "brand": [None if n % 5 else f"b{n % 4}" for n in range(count)],
        "store": [f"S{n // 3 % 9}" for n in range(count)],
        "channel": [("web", "store", "app")[n // 3 % 3] for n in range(count)],
        "quantity": pa.array([n % 4 + 1 for n in range(count)], pa.int32()),
        "amount": [Decimal(n * 37 % 5000) / 100 for n in range(count)],
        "discount": [Decimal(n % 7 * 10) / 100 for n in range(count)],
    })  # fmt: skip


@pytest.fixture(scope="module")
def lake(tmp_path_factory: pytest.TempPathFactory) -> Lake:
    lake = Lake(tmp_path_factory.mktemp("home") / "lake")
    rows = _lines(900)
    lake.append("order_lines", rows.slice(0, 600))
    lake.fold("order_lines")
    lake.append("order_lines", rows.slice(600))
    lake.publish_aliases(pa.table({"alias_id": [30, 29], "customer_id": [1, 2]}))
    for day in (14, 15):
        lake.replace_day(date(2026, 11, day), pa.table({"customer_id": [1, 2], "orders_total": [day, 2]}))
    return lake


@pytest.fixture(scope="module")
def spark(lake: Lake) -> Iterator[SparkEngine]:
    engine = SparkEngine(lake)
    yield engine
    engine.close()


def _plain(value: object) -> object:
    """A value as it compares: numbers by value, whatever their type."""
    if isinstance(value, bool) or value is None:
        return value
    if isinstance(value, int | float | Decimal):
        number = float(value)
        return None if math.isnan(number) or math.isinf(number) else round(number, 6)
    if isinstance(value, datetime):
        return value.replace(tzinfo=None)
    return datetime(value.year, value.month, value.day) if isinstance(value, date) else value  # noqa: DTZ001


def _plain_rows(table: pa.Table) -> list[tuple[object, ...]]:
    return sorted((tuple(_plain(value) for value in row.values()) for row in table.to_pylist()), key=str)


@pytest.mark.spark
def test_every_allowed_construct_means_the_same_on_both_engines(lake: Lake, spark: SparkEngine) -> None:
    differing = {}
    for name, sql in CONSTRUCTS.items():
        ours, theirs = _plain_rows(lake.query(sql, p=_ROWS)), _plain_rows(spark.query(sql, p=_ROWS))
        if ours != theirs or not ours:
            differing[name] = [pair for pair in zip(ours, theirs, strict=False) if pair[0] != pair[1]][:2]
    assert differing == {}


@pytest.mark.spark
def test_both_engines_read_the_same_days_of_traits(lake: Lake, spark: SparkEngine) -> None:
    for sql in ("SELECT * FROM traits", "SELECT * FROM traits_history"):
        assert _plain_rows(lake.query(sql)) == _plain_rows(spark.query(sql))
        assert lake.query(sql).column_names == spark.query(sql).column_names == ["customer_id", "orders_total", "day"]
    day = date(2026, 11, 14)
    sql = "SELECT customer_id, orders_total FROM traits"
    assert _plain_rows(spark.query(sql, day=day)) == [(1.0, 14.0), (2.0, 2.0)]


@pytest.mark.spark
def test_values_are_bound_alike_where_expressions_are_rewritten(lake: Lake, spark: SparkEngine) -> None:
    sql = (
        "SELECT customer_id AS k, sum(amount * ?) FILTER (WHERE ts >= ? AND channel <> ?) AS a, '?' AS b,"
        " arg_max(coalesce(brand, ?), row(ts, line_no)) FILTER (WHERE CAST(ts AS DATE) > ?) AS c -- really?\n"
        " FROM order_lines WHERE ? GROUP BY customer_id"
    )
    bind = [3, datetime(2025, 10, 9, 5, tzinfo=UTC), "web", "l'ét\\é ?", date(2025, 10, 3), True]
    assert _plain_rows(lake.query(sql, bind=bind)) == _plain_rows(spark.query(sql, bind=bind)) != []


@pytest.mark.parametrize("name", REFUSED)
def test_what_the_engines_read_differently_is_refused_by_name(name: str) -> None:
    with pytest.raises(dialect.NotPortable, match="Spark does not read '"):
        dialect.to_spark(REFUSED[name])


def test_where_spark_is_not_installed_the_error_says_how_to_get_it(
    lake: Lake, monkeypatch: pytest.MonkeyPatch, fresh_home: home.Home
) -> None:
    monkeypatch.setitem(sys.modules, "pyspark", None)
    with pytest.raises(Unavailable, match=r"pip install 'cordiale\[spark\]'"):
        SparkEngine(lake).query("SELECT 1 AS x")


def test_sql_that_cannot_be_read_is_refused() -> None:
    for sql in ("SELEC 1 FROM", "SELECT 1; SELECT 2", "DELETE FROM events"):
        with pytest.raises(dialect.NotPortable):
            dialect.to_spark(sql)
