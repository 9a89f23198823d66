"""Synthetic facts for all benchmarks: the same rows in a lake and in PostgreSQL.

    lake = make_lake(Path("/tmp/bench"), customers=1_000_000, lines=20_000_000)   # kept and reused by a second call
    scan = raw_scan(lake, ["customer_id", "ts", "amount"])                        # this machine's limit, in seconds
    table = load_postgres(dsn, lake, layout="clustered")                          # or "plain"; the table's name
    with measured("traits") as figure: ...                                        # then figure.seconds, figure.peak_mib

Rows are a fixed function of their number: orders of five lines over three years before `AS_OF`, customers 1 … n, a few
of whom buy much and many little. Nothing is drawn at random, so every run sees the same rows.
"""

from __future__ import annotations

import io
import json
import resource
import shutil
import tempfile
import threading
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import duckdb
import psycopg
from psycopg import sql

from cordiale.lake import Lake

AS_OF = datetime(2026, 11, 16, tzinfo=UTC)
LINES_AN_ORDER = 5
CATEGORIES = 30
EDITION = 2
"""Of the rows below: a lake of an earlier one is made anew."""
_CHUNK = 2_000_000
_LINES = """
WITH lines AS (SELECT n // {lines_an_order} AS o, (n % {lines_an_order} + 1)::INTEGER AS line_no, n
               FROM range({first}, {last}) t(n)),
     drawn AS (SELECT *, hash(o) AS ho, hash(n + 1000000007) AS hn FROM lines)
SELECT 1 + floor({customers} * power((ho % 4294967291) / 4294967291.0, 1.5))::BIGINT AS customer_id,
       TIMESTAMPTZ '{as_of}' - to_seconds(1 + (hash(o + 77) % 94608000)::BIGINT) AS ts,
       o::VARCHAR AS order_id, line_no,
       (hn % 5000)::VARCHAR AS product_id,
       'C' || lpad((hn % {categories})::VARCHAR, 2, '0') AS category,
       'D' || (hn % 8)::VARCHAR AS department,
       CASE WHEN hn % 3 = 0 THEN 'Own' ELSE 'National' END AS brand,
       'S' || (ho % 50)::VARCHAR AS store,
       CASE ho % 5 WHEN 0 THEN 'web' WHEN 1 THEN 'app' ELSE 'store' END AS channel,
       (1 + hn % 4)::INTEGER AS quantity,
       (0.5 + (hn % 6000) / 100.0)::DECIMAL(12, 2) AS amount,
       (CASE WHEN hn % 10 < 3 THEN (hn % 300) / 100.0 ELSE 0 END)::DECIMAL(12, 2) AS discount
FROM drawn
"""
_COLUMNS = """customer_id bigint NOT NULL, ts timestamptz NOT NULL, order_id text NOT NULL, line_no int NOT NULL,
    product_id text NOT NULL, category text, department text, brand text, store text, channel text,
    quantity int NOT NULL, amount numeric(12,2) NOT NULL, discount numeric(12,2) NOT NULL"""
_ORDERS = {"plain": "ts, order_id, line_no", "clustered": "customer_id, ts, order_id, line_no"}


@dataclass
class Figure:
    """What a block took: seconds, and the most memory the process held meanwhile, in MiB."""

    label: str
    seconds: float = 0.0
    peak_mib: float = 0.0

    def __str__(self) -> str:
        return f"{self.label}: {self.seconds:.3f} s, peak {self.peak_mib:.0f} MiB"


@contextmanager
def measured(label: str) -> Iterator[Figure]:
    """Time a block and watch the process's memory."""
    figure, ended = Figure(label), threading.Event()
    watcher = threading.Thread(target=_watch, args=(figure, ended), daemon=True)
    watcher.start()
    start = time.perf_counter()
    try:
        yield figure
    finally:
        figure.seconds = time.perf_counter() - start
        ended.set()
        watcher.join()


def _watch(figure: Figure, ended: threading.Event) -> None:
    page = resource.getpagesize()
    while True:
        resident = int(Path("/proc/self/statm").read_text().split()[1]) * page / 2**20
        figure.peak_mib = max(figure.peak_mib, resident)
        if ended.wait(0.02):
            return


def make_lake(home: Path, customers: int, lines: int) -> Lake:
    """A folded lake in `home/lake` with this many customers (at most) and exactly this many order lines."""
    folder, made = home / "lake", home / "made.json"
    wanted = {"customers": customers, "lines": lines, "edition": EDITION}
    lake = Lake(folder)
    if made.exists() and json.loads(made.read_text()) == wanted:
        return lake
    shutil.rmtree(folder, ignore_errors=True)
    home.mkdir(parents=True, exist_ok=True)
    with duckdb.connect() as connection:
        connection.execute("SET TimeZone = 'UTC'")
        for first in range(0, lines, _CHUNK):
            rows = connection.sql(_lines(customers, first, min(lines, first + _CHUNK))).to_arrow_table()
            lake.append("order_lines", rows, app=("benchmark", first // _CHUNK))
    lake.fold("order_lines")
    made.write_text(json.dumps(wanted))
    return lake


def more_lines(customers: int, first: int, count: int) -> object:
    """Lines number `first` … as an Arrow table, to append beyond those a lake was made with."""
    with duckdb.connect() as connection:
        connection.execute("SET TimeZone = 'UTC'")
        return connection.sql(_lines(customers, first, first + count)).to_arrow_table()


def _lines(customers: int, first: int, last: int) -> str:
    return _LINES.format(
        customers=customers,
        first=first,
        last=last,
        lines_an_order=LINES_AN_ORDER,
        categories=CATEGORIES,
        as_of=f"{AS_OF:%Y-%m-%d %H:%M:%S}+00",
    )


def files(lake: Lake, table: str = "order_lines") -> list[str]:
    """The active Parquet files of a table."""
    return [file.path for file in lake.facts[table].snapshot().files]


def raw_scan(lake: Lake, columns: Sequence[str], threads: int = 2) -> float:
    """Seconds DuckDB takes to read and decode these columns of all order lines, the second time (files cached)."""
    seen = ", ".join(f"max({column})" for column in columns)
    with duckdb.connect(config={"threads": threads}) as connection:
        for _ in range(2):
            start = time.perf_counter()
            connection.execute(f"SELECT {seen} FROM read_parquet(?, hive_partitioning=false)", [files(lake)]).fetchall()
            seconds = time.perf_counter() - start
    return seconds


def load_postgres(dsn: str, lake: Lake, layout: str) -> str:
    """Copy the lake's order lines to PostgreSQL; the table's name.

    `plain` rows lie in time order, as they come in; `clustered` rows by customer and time, PostgreSQL's best case.
    Both have an index on (customer_id, ts), are vacuumed and analysed.
    """
    name = f"benchmark_order_lines_{layout}"
    table = sql.Identifier(name)
    columns = ", ".join(column.split()[0] for column in _COLUMNS.replace("(12,2)", "").split(","))
    with psycopg.connect(dsn, autocommit=True) as connection, tempfile.TemporaryDirectory() as folder:
        text = Path(folder) / "lines.csv"
        with duckdb.connect() as source:
            source.execute("SET TimeZone = 'UTC'")
            source.execute(
                f"COPY (SELECT {columns} FROM read_parquet({files(lake)}, hive_partitioning=false)"
                f" ORDER BY {_ORDERS[layout]})"
                f" TO '{text}' (FORMAT csv, HEADER false)"
            )
        connection.execute(sql.SQL("DROP TABLE IF EXISTS {}").format(table))
        connection.execute(sql.SQL("CREATE TABLE {} ({})").format(table, sql.SQL(_COLUMNS)))
        with (
            connection.cursor().copy(sql.SQL("COPY {} FROM STDIN (FORMAT csv)").format(table)) as copy,
            text.open("rb", buffering=io.DEFAULT_BUFFER_SIZE) as rows,
        ):
            while block := rows.read(1 << 20):
                copy.write(block)
        connection.execute(sql.SQL("CREATE INDEX ON {} (customer_id, ts)").format(table))
        connection.execute(sql.SQL("VACUUM (ANALYZE) {}").format(table))
    return name
