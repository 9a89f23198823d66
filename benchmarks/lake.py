"""The lake: appends, folds and lookups, beside this machine's raw scan and bare file write of the same rows."""

from __future__ import annotations

import argparse
import random
import statistics
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import duckdb
import pyarrow as pa
import pyarrow.parquet as pq

from benchmarks.data import AS_OF, files, make_lake, measured, more_lines, raw_scan
from cordiale.lake import Lake, dialect

COLUMNS = ["customer_id", "ts", "line_no", "category", "channel", "quantity", "amount"]
APPENDS, ROWS_AN_APPEND = 40, 5_000
FOLD_AT_MOST = 3.0
"""Times DuckDB's bare sort and rewrite of the same rows into one file."""


def main() -> None:
    """Make the lake, measure, print each figure with its ratio."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--customers", type=int, default=200_000)
    parser.add_argument("--lines", type=int, default=4_000_000)
    parser.add_argument("--home", type=Path)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        missed = run(options.home or Path(folder), options.customers, options.lines)
    if missed:
        sys.exit(1)


def run(home: Path, customers: int, lines: int) -> list[str]:
    """All figures; the targets missed."""
    lake = make_lake(home, customers, lines)
    print(f"{lines:,} order lines of {customers:,} customers, {_buckets(lake)} buckets")
    scan = raw_scan(lake, COLUMNS)
    print(f"raw scan of seven columns: {scan:.3f} s")
    _lookups(lake, customers, scan)
    _traits(lake, scan)
    _appends(lake, home, customers, lines)
    return _fold(lake, home)


def _buckets(lake: Lake) -> int:
    return lake.facts["order_lines"].snapshot().buckets


def _median(times: int, work: Callable[[], object]) -> float:
    """The median seconds of `work`, once warm."""
    work()
    seconds = []
    for _ in range(times):
        start = time.perf_counter()
        work()
        seconds.append(time.perf_counter() - start)
    return statistics.median(seconds)


def _statement() -> str:
    since = f"{dialect.instant(AS_OF)} - INTERVAL 90 DAY"
    return (
        "SELECT customer_id, count(*) FILTER (WHERE line_no = 1) AS orders, sum(amount) AS spend, max(ts) AS last_at,"
        f" sum(amount) FILTER (WHERE ts >= {since}) AS spend_90d, count(DISTINCT category) AS categories"
        " FROM order_lines GROUP BY customer_id"
    )


def _lookups(lake: Lake, customers: int, scan: float) -> None:
    chance = random.Random(1)
    for count in (1, 100, 1_000, 10_000):
        wanted = chance.sample(range(1, customers + 1), min(count, customers))
        seconds = _median(5, lambda wanted=wanted: lake.query(_statement(), only_customers=wanted))
        print(f"facts of {count:>6,} given customers: {seconds * 1000:7.1f} ms, {seconds / scan:.2f} × the raw scan")


def _traits(lake: Lake, scan: float) -> None:
    with measured("per bucket") as figure:
        rows = sum(part.num_rows for part in lake.per_customer(_statement()))
    print(f"six aggregates of all {rows:,} customers, {figure}, {figure.seconds / scan:.1f} × the raw scan")


def _appends(lake: Lake, home: Path, customers: int, lines: int) -> None:
    batches = [more_lines(customers, lines + n * ROWS_AN_APPEND, ROWS_AN_APPEND) for n in range(APPENDS)]
    ours, bare = [], []
    for number, rows in enumerate(batches):
        start = time.perf_counter()
        lake.append("order_lines", rows, app=("benchmark-appends", time.time_ns()))
        ours.append(time.perf_counter() - start)
        start = time.perf_counter()
        _write_bare(rows, home / f"bare-{number}.parquet")
        bare.append(time.perf_counter() - start)
    p50, p99, least = statistics.median(ours), sorted(ours)[-1], statistics.median(bare)
    print(f"append of {ROWS_AN_APPEND:,} rows: p50 {p50 * 1000:.1f} ms, worst of {APPENDS} {p99 * 1000:.1f} ms;"
          f" {p50 / least:.1f} × writing the bare file ({least * 1000:.1f} ms)")  # fmt: skip


def _write_bare(rows: pa.Table, path: Path) -> None:
    pq.write_table(rows, path, compression="zstd")
    path.unlink()


def _fold(lake: Lake, home: Path) -> list[str]:
    bare = _rewrite_bare(lake, home / "rewritten.parquet")
    with measured("fold") as figure:
        folded = lake.fold("order_lines")
    ratio = figure.seconds / bare
    print(f"fold of {folded:,} new rows into {_buckets(lake)} buckets: {figure};"
          f" {ratio:.1f} × sorting and rewriting the bare rows ({bare:.2f} s), at most {FOLD_AT_MOST:.0f}")  # fmt: skip
    return ["fold"] if ratio > FOLD_AT_MOST else []


def _rewrite_bare(lake: Lake, path: Path) -> float:
    with duckdb.connect(config={"threads": 2, "memory_limit": "3GB"}) as connection:
        start = time.perf_counter()
        connection.execute(
            f"COPY (FROM read_parquet({files(lake)}, hive_partitioning=false)"
            " ORDER BY customer_id, ts, order_id, line_no)"
            f" TO '{path}' (FORMAT parquet, COMPRESSION zstd, ROW_GROUP_SIZE 122880)"
        )
        seconds = time.perf_counter() - start
    path.unlink()
    return seconds


if __name__ == "__main__":
    main()
