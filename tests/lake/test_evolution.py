"""A home written before a column was thought of: it opens, reads the column as NULL, and writes on."""

from __future__ import annotations

from pathlib import Path

import pyarrow as pa
import pytest
from deltalake import DeltaTable, write_deltalake

from cordiale import home
from cordiale.lake import Lake
from cordiale.lake.spark import SparkEngine

from .cast import lines

_SQL = "SELECT order_id, source FROM order_lines ORDER BY order_id"
_NEW = ("source", "revision")


@pytest.fixture
def old(tmp_path: Path) -> Lake:
    """A lake whose order lines were written, folded in part, before `source` and `revision` were there."""
    lake = Lake(tmp_path / "old", rows_a_bucket=2)
    table = lake.facts["order_lines"].table
    columns = pa.schema([field for field in table.schema if field.name not in _NEW])
    rows = lines(("a", 1, ["1"]), ("b", 2, ["2"]), ("c", 3, ["3"]))
    for bucket in (0, -1):
        full = pa.table([rows[name] if name in rows.column_names else pa.nulls(3, columns.field(name).type)
                         if name != "bucket" else pa.array([bucket] * 3, pa.int32()) for name in columns.names],
                        schema=columns)  # fmt: skip
        write_deltalake(lake.root / "order_lines", full.slice(0, 2) if bucket == 0 else full.slice(2), mode="append",
                        partition_by=["bucket"])  # fmt: skip
    return lake


def _read(lake: Lake) -> list[tuple[object, ...]]:
    return [tuple(row.values()) for row in lake.query(_SQL).to_pylist()]


def test_an_old_home_reads_the_column_as_null(old: Lake) -> None:
    assert _read(old) == [("a", None), ("b", None), ("c", None)]
    assert pa.concat_tables(old.per_customer("SELECT customer_id, source FROM order_lines")).num_rows == 3
    assert old.query(_SQL, only_customers=[2]).to_pylist() == [{"order_id": "b", "source": None}]


def test_an_old_home_writes_after_the_column_is_added(old: Lake) -> None:
    old.append("order_lines", lines(("d", 4, ["4"])).append_column("source", pa.array(["shop"])))
    assert "source" in {field.name for field in DeltaTable(old.root / "order_lines").schema().fields}
    assert _read(old) == [("a", None), ("b", None), ("c", None), ("d", "shop")]
    assert old.query(_SQL, only_customers=[4, 1]).num_rows == 2


def test_an_old_home_s_orders_are_replaced(old: Lake) -> None:
    old.replace_orders(["a", "c"], lines(("a", 9, ["5"])))
    assert _read(old) == [("a", None), ("b", None)]
    old.fold("order_lines")
    assert _read(old) == [("a", None), ("b", None)]
    assert old.facts["order_lines"].snapshot().rows == 2


@pytest.mark.parametrize("writes_first", [True, False])
def test_a_fold_of_all_files_makes_an_old_home_like_a_new_one(old: Lake, writes_first: bool) -> None:
    if writes_first:
        old.append("order_lines", lines(*((f"n{n}", n, ["4"]) for n in range(9))))
    else:
        old.append("order_lines", lines())
    before = _read(old)
    assert old.facts["order_lines"].snapshot().is_uneven
    old.fold("order_lines")
    assert old.facts["order_lines"].snapshot().is_uneven is False
    assert _read(old) == before
    assert "union_by_name" not in str(old.state().views(["order_lines"], None))


@pytest.mark.spark
def test_spark_reads_an_old_home_too(old: Lake, fresh_home: home.Home) -> None:
    spark = SparkEngine(old)
    assert spark.query(_SQL).to_pylist() == old.query(_SQL).to_pylist()
    old.append("order_lines", lines(("d", 4, ["4"])).append_column("source", pa.array(["shop"])))
    assert spark.query(_SQL).to_pylist() == old.query(_SQL).to_pylist()
    spark.close()
