"""DuckDB over tables at hand and over somebody's file: nothing else can be read, nothing written."""

from __future__ import annotations

from pathlib import Path

import duckdb
import pyarrow as pa
import pytest

from cordiale.errors import NotFound, Unavailable
from cordiale.lake import QueryFailed, outside


@pytest.fixture
def shop(tmp_path: Path) -> Path:
    path = tmp_path / "shop.duckdb"
    with duckdb.connect(str(path)) as connection:
        connection.execute("CREATE TABLE customers AS SELECT range AS id, 'n' || range AS name FROM range(5)")
        connection.execute("CREATE VIEW spy AS SELECT 1 AS x")
    return path


def test_tables_at_hand_are_queried_with_bound_values() -> None:
    rows = outside.query_tables("SELECT a.x + ? AS y FROM a SEMI JOIN b USING (x)", [10],
                                a=pa.table({"x": [1, 2, 3]}), b=pa.table({"x": [2, 3]}))  # fmt: skip
    assert sorted(rows["y"].to_pylist()) == [12, 13]


def test_a_private_query_reads_no_file_and_changes_nothing(tmp_path: Path) -> None:
    (tmp_path / "x.csv").write_text("a\n1\n")
    for sql in (f"FROM '{tmp_path}/x.csv'", f"ATTACH '{tmp_path}/y.db'", "SET threads = 1", "SELECT 1; SELECT 2"):
        with pytest.raises(QueryFailed):
            outside.query_tables(sql)
    assert [path.name for path in tmp_path.iterdir()] == ["x.csv"]


def test_a_duckdb_file_is_read_in_batches_from_a_cursor_on(shop: Path) -> None:
    batches = list(outside.read_duckdb(shop, "SELECT id, name FROM customers WHERE id > ? ORDER BY id", [2]))
    assert pa.Table.from_batches(batches).to_pylist() == [{"id": 3, "name": "n3"}, {"id": 4, "name": "n4"}]


def test_a_duckdb_file_is_never_written_and_opens_no_other(shop: Path) -> None:
    before = shop.read_bytes()
    for sql in ("INSERT INTO customers VALUES (9, 'x')", "FROM read_csv('/etc/passwd')", "FROM nowhere"):
        with pytest.raises(QueryFailed):
            list(outside.read_duckdb(shop, sql))
    assert shop.read_bytes() == before


def test_a_file_that_is_not_there_or_not_duckdb_s_is_told_as_such(tmp_path: Path) -> None:
    with pytest.raises(NotFound, match="no file"):
        list(outside.read_duckdb(tmp_path / "none.db", "SELECT 1"))
    (tmp_path / "other.db").write_bytes(b"x" * 9000)
    with pytest.raises(Unavailable, match="cannot be read as a DuckDB file"):
        list(outside.read_duckdb(tmp_path / "other.db", "SELECT 1"))
