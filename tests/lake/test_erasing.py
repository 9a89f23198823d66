"""Erased customers: no file under the lake has a row of theirs, active or not; nobody else loses one."""

from __future__ import annotations

import threading
from datetime import date
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from cordiale.errors import NotFound, Unavailable
from cordiale.lake import Lake

from .cast import events, lines, traits

GONE = 7
_SECRET = "mister-seven"


def _fill(lake: Lake) -> None:
    """Rows of ten customers in every table: folded, unfolded, superseded, merged, on two days; number 7 is named."""
    named = events([GONE] * 3, first=900, name=_SECRET)
    lake.append("events", events([n % 10 for n in range(100)]))
    lake.append("events", named)
    lake.fold("events")
    lake.append("events", events([GONE, 1], first=2000, name=_SECRET))
    lake.append("order_lines", lines(*((f"o{n}", n, ["5"]) for n in range(10))))
    lake.replace_orders(["o7", "o8"], lines(("o7", GONE, ["6"]), ("o8", GONE, ["6"])))
    lake.publish_aliases(pa.table({"alias_id": [20, 21], "customer_id": [GONE, 1]}))
    for day in (5, 6):
        lake.replace_day(date(2026, 1, day), traits([1, GONE, 9], name=["a", _SECRET, "b"]))


def _files_with(root: Path, customer: int) -> list[Path]:
    """Every Parquet file on the disk, active or not, with a row of this customer, and any other file with content."""
    found = []
    for path in (path for path in root.rglob("*") if path.is_file() and "_delta_log" not in path.parts):
        if path.read_bytes()[:4] == b"PAR1":
            rows = pq.ParquetFile(path).read()
            ids = [rows[name].to_pylist() for name in ("customer_id", "alias_id") if name in rows.column_names]
            if any(customer in values for values in ids):
                found.append(path)
        elif path.stat().st_size:
            found.append(path)
    return found


def test_no_file_has_a_row_of_an_erased_customer(lake: Lake) -> None:
    _fill(lake)
    assert len(_files_with(lake.root, GONE)) >= 8
    assert lake.erase([GONE, 20]) == 3 + 10 + 1 + 2 + 2
    assert _files_with(lake.root, GONE) == _files_with(lake.root, 20) == []
    everything = [path.read_bytes() for path in lake.root.rglob("*") if path.is_file()]
    assert not any(_SECRET.encode() in content for content in everything if content[:4] != b"PAR1")
    assert lake.erase([GONE, 20]) == 0


def test_everybody_else_keeps_every_row(lake: Lake) -> None:
    _fill(lake)
    sqls = (
        "SELECT customer_id, event_id AS a FROM events",
        "SELECT customer_id, order_id AS a FROM order_lines",
        "SELECT customer_id, CAST(day AS VARCHAR) AS a FROM traits_history",
    )
    before = [[row for row in lake.query(sql).to_pylist() if row["customer_id"] != GONE] for sql in sqls]
    lake.erase([GONE, 20])
    for sql, kept in zip(sqls, before, strict=True):
        assert sorted(lake.query(sql).to_pylist(), key=str) == sorted(kept, key=str)
    assert lake.query("SELECT count(*) AS n FROM events", only_customers=[3])["n"].to_pylist() == [10]


def test_appends_and_queries_go_on_while_somebody_is_erased(lake: Lake) -> None:
    lake.append("events", events([n % 10 for n in range(300)]))
    lake.fold("events")
    failures: list[object] = []

    def append() -> None:
        for number in range(20):
            Lake(lake.root).append("events", events([1, 2], first=1000 + number * 2))

    def read() -> None:
        for _ in range(30):
            try:
                rows = lake.query("SELECT count(*) AS n FROM events WHERE event_id = 'e1'")
                failures.extend(rows["n"].to_pylist() if rows["n"].to_pylist() != [1] else [])
            except Unavailable:
                continue

    others = [threading.Thread(target=work) for work in (append, read, read)]
    for other in others:
        other.start()
    removed = [lake.erase([customer]) for customer in range(3, 9)]
    for other in others:
        other.join()
    assert (removed, failures) == ([30] * 6, [])
    assert lake.query("SELECT count(*) AS n FROM events")["n"].to_pylist() == [300 - 180 + 40]


def test_rows_of_a_source_are_removed_from_any_table(lake: Lake) -> None:
    lake.append("events", events([1, 2]).append_column("source", pa.array(["a", "b"])))
    lake.fold("events")
    lake.append("events", events([3], first=5).append_column("source", pa.array(["b"])))
    assert lake.remove("events", "source", ["b", "c"]) == 2
    assert lake.query("SELECT source FROM events")["source"].to_pylist() == ["a"]
    assert lake.remove("events", "source", ["b"]) == lake.remove("events", "source", []) == 0
    with pytest.raises(NotFound, match="events has no column 'colour'"):
        lake.remove("events", "colour", ["red"])


def test_an_erasure_leaves_an_application_s_versions_and_the_buckets(lake: Lake) -> None:
    lake.append("events", events(list(range(100))), app=("demo", 4))
    lake.fold("events")
    lake.erase([3])
    assert not Lake(lake.root).append("events", events([3]), app=("demo", 4))
    assert Lake(lake.root).facts["events"].snapshot().buckets == 4
    assert lake.query("SELECT count(*) AS n FROM events")["n"].to_pylist() == [99]
