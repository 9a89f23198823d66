"""A hundred segments over a million customers: one pass against one by one, and against PostgreSQL.

    python -m benchmarks.segments                  # 1 000 000 customers; exit 1 when a ratio is missed
    python -m benchmarks.segments --customers 20000 --segments 20

The same expressions run three ways over the same rows: all compiled into one query (boolean columns, counted), each
compiled and counted on its own, and on PostgreSQL as one pass of counts over an analysed, vacuumed table, in parallel,
JIT off and on, the better of the two. Counts must agree. Each figure is the best of several runs.
"""

from __future__ import annotations

import argparse
import io
import os
import random
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from datetime import UTC, date, datetime
from pathlib import Path

import numpy as np
import psycopg
import pyarrow as pa
import pyarrow.csv

from benchmarks.data import measured
from cordiale import home
from cordiale.config import postgres
from cordiale.lake import Lake, open_lake
from cordiale.segments.rules import Field, Kind, Vocabulary, parse
from cordiale.segments.rules.compilation import Plan, to_sql

NOW = datetime(2026, 11, 16, 9, tzinfo=UTC)
DAY = date(2026, 11, 16)
ONE_BY_ONE, POSTGRES = 3.0, 8.0
KINDS = {
    "recency_days": Kind.INTEGER, "orders_total": Kind.INTEGER, "orders_90d": Kind.INTEGER,
    "orders_365d": Kind.INTEGER, "units_90d": Kind.INTEGER, "spend_total": Kind.MONEY, "spend_30d": Kind.MONEY,
    "spend_90d": Kind.MONEY, "spend_365d": Kind.MONEY, "average_basket": Kind.MONEY, "promotion_share": Kind.SHARE,
    "favourite_category": Kind.TEXT, "last_category": Kind.TEXT, "favourite_store": Kind.TEXT,
    "lifecycle_stage": Kind.TEXT, "first_order_at": Kind.INSTANT, "last_order_at": Kind.INSTANT,
}  # fmt: skip
STAGES = ["prospect", "customer", "occasional", "active", "ambassador", "dormant", "lost"]
MONEY = pa.decimal128(12, 2)


def traits(customers: int) -> pa.Table:
    """Rows such as the snapshot holds; one in ten has never ordered."""
    draw = np.random.default_rng(7)
    orders = draw.poisson(6, customers) * (draw.random(customers) > 0.1)
    never = orders == 0
    ago = draw.exponential(90 * 86_400_000_000, customers).astype(np.int64)
    last = np.int64(NOW.timestamp() * 1e6) - ago
    spend = (orders * draw.gamma(2.0, 15.0, customers)).round(2)
    instant = pa.timestamp("us", tz="UTC")

    def money(share: float) -> pa.Array:
        return pa.array((spend * share).round(2)).cast(MONEY)

    def text(prefix: str, many: int) -> pa.Array:
        return pa.array([f"{prefix}{number}" for number in range(many)]).take(
            pa.array(draw.integers(0, many, customers))
        )

    return pa.table({
        "customer_id": pa.array(np.arange(1, customers + 1)),
        "recency_days": pa.array(ago // 86_400_000_000, mask=never),
        "orders_total": pa.array(orders), "orders_90d": pa.array(orders // 4), "orders_365d": pa.array(orders // 2),
        "units_90d": pa.array(orders * 3), "spend_total": money(1.0), "spend_30d": money(0.1), "spend_90d": money(0.25),
        "spend_365d": money(0.5), "average_basket": money(0.2),
        "promotion_share": pa.array(draw.random(customers), mask=never),
        "favourite_category": text("C", 30), "last_category": text("C", 30), "favourite_store": text("S", 50),
        "lifecycle_stage": pa.array(STAGES).take(pa.array(draw.integers(0, 7, customers))),
        "first_order_at": pa.array(last - 200 * 86_400_000_000, mask=never).cast(instant),
        "last_order_at": pa.array(last, mask=never).cast(instant),
    })  # fmt: skip


def texts(many: int) -> list[tuple[str, str]]:
    """Expressions of one to four rules, as marketers write them, each with its twin for PostgreSQL; always the same."""
    draw = random.Random(7)

    def number(name: str, low: int, high: int) -> str:
        return f"{name} {draw.choice(['>', '>=', '<'])} {draw.randint(low, high)}"

    rules: list[Callable[[], str]] = [
        lambda: f"last_order_at {draw.choice(['>=', '<'])} now - '{draw.choice([7, 30, 90, 365])} days'",
        lambda: number("orders_total", 1, 15), lambda: number("spend_total", 50, 500),
        lambda: number("orders_90d", 1, 4), lambda: number("orders_365d", 1, 6), lambda: number("spend_30d", 5, 60),
        lambda: number("spend_90d", 20, 120), lambda: number("spend_365d", 50, 250), lambda: number("units_90d", 1, 30),
        lambda: f"lifecycle_stage = '{draw.choice(STAGES)}'",
        lambda: f"favourite_category in ('C{draw.randint(0, 9)}', 'C{draw.randint(10, 29)}')",
        lambda: f"favourite_store = 'S{draw.randint(0, 49)}'", lambda: f"last_category <> 'C{draw.randint(0, 29)}'",
        lambda: f"promotion_share between 0.1 and 0.{draw.randint(2, 9)}",
        lambda: f"recency_days {draw.choice(['>', '<='])} {draw.choice([14, 60, 180])}",
        lambda: f"spend_total / orders_total > {draw.randint(10, 60)}",
        lambda: f"first_order_at >= now - '{draw.choice([90, 365, 730])} days'",
        lambda: "first_order_at is null",
    ]  # fmt: skip
    made = []
    for _ in range(many):
        chosen = [rule() for rule in draw.sample(rules, draw.choice([1, 2, 2, 3, 3, 4]))]
        signs = ["", *(draw.choice(["and", "and", "and not", "or"]) for _ in chosen[1:])]
        ours = " ".join(f"{sign} {one}" for sign, one in zip(signs, chosen, strict=True)).strip()
        made.append((ours, " ".join(_twin(sign, one) for sign, one in zip(signs, chosen, strict=True))))
    return made


def _twin(sign: str, rule: str) -> str:
    """A rule as one would write it for PostgreSQL: an unknown value under NOT counts, nothing is divided by zero."""
    plain = rule.replace("now", f"timestamptz '{NOW.isoformat()}'").replace("- '", "- interval '")
    plain = plain.replace("/ orders_total", "/ nullif(orders_total, 0)")
    return f"{sign} coalesce({plain}, false)" if sign.endswith("not") else f"{sign} {plain}"


def best(run: Callable[[], object], times: int) -> float:
    """The shortest of several runs, in seconds."""
    seconds = []
    for _ in range(times):
        began = time.perf_counter()
        run()
        seconds.append(time.perf_counter() - began)
    return min(seconds)


def counts(lake: Lake, plan: Plan) -> list[int]:
    """How many hold, an expression each."""
    row = lake.query(plan.counting, DAY).to_pylist()[0]
    return [row[f"o_{number}"] for number in range(plan.outputs)]


def load(dsn: str, rows: pa.Table) -> None:
    """The same rows in PostgreSQL; amounts as its numeric."""
    types = {Kind.INTEGER: "int", Kind.MONEY: "numeric(12,2)", Kind.SHARE: "float8", Kind.TEXT: "text",
             Kind.INSTANT: "timestamptz"}  # fmt: skip
    columns = ", ".join(["customer_id bigint", *(f"{name} {types[kind]}" for name, kind in KINDS.items())])
    written = io.BytesIO()
    pyarrow.csv.write_csv(rows, written, pyarrow.csv.WriteOptions(include_header=False))
    with psycopg.connect(dsn, autocommit=True) as connection:
        connection.execute("drop table if exists benchmark_traits")
        connection.execute(f"create table benchmark_traits ({columns})")
        with connection.cursor().copy("copy benchmark_traits from stdin (format csv)") as copy:
            copy.write(written.getvalue())
        connection.execute("vacuum (analyze, freeze) benchmark_traits")


def on_postgres(dsn: str, conditions: Sequence[str]) -> tuple[list[int], float]:
    """The counts, and the seconds of the better of JIT off and on, after one run that warms the cache."""
    counted = ", ".join(f"count(*) filter (where {one})" for one in conditions)
    statement = f"select {counted} from benchmark_traits"
    with psycopg.connect(dsn, autocommit=True) as connection:
        connection.execute(f"set max_parallel_workers_per_gather = {os.cpu_count() or 1}")
        connection.execute("set min_parallel_table_scan_size = 0")
        row = list(connection.execute(statement).fetchone() or [])
        seconds = []
        for jit in ("off", "on"):
            connection.execute(f"set jit = {jit}")
            seconds.append(best(lambda: connection.execute(statement).fetchone(), 2))
    return row, min(seconds)


def main() -> int:
    """Run, print ratios; 1 where one is missed."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--customers", type=int, default=1_000_000)
    parser.add_argument("--segments", type=int, default=100)
    given = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="cordiale-segments-") as folder:
        os.environ["CORDIALE_HOME"] = folder
        here = home.Home(Path(folder)).prepare()
        postgres.hold(here)
        try:
            return compare(postgres.dsn(here), given.customers, given.segments)
        finally:
            postgres.release(here)


def compare(dsn: str, customers: int, many: int) -> int:
    """The three ways, side by side."""
    lake = open_lake()
    rows = traits(customers)
    lake.replace_day(DAY, rows)
    load(dsn, rows)
    del rows
    fields = {name: Field(name=name, kind=kind, source="trait", titles={}) for name, kind in KINDS.items()}
    words = Vocabulary(fields=fields)
    written = texts(many)
    expressions = [parse(text, words) for text, _ in written]
    together, apart = to_sql(expressions, NOW), [to_sql([one], NOW) for one in expressions]
    ours = counts(lake, together)
    one_pass = best(lambda: counts(lake, to_sql(expressions, NOW)), 5)
    with measured("one pass") as memory:
        lake.query(together.sql, DAY)
    apart_counts = [counts(lake, plan)[0] for plan in apart]
    one_by_one = best(lambda: [counts(lake, plan) for plan in apart], 2)
    theirs, postgresql = on_postgres(dsn, [twin for _, twin in written])
    if not ours == apart_counts == theirs:
        print("the counts differ between the three ways")
        return 1
    print(
        f"{many} segments over {customers:,} customers, {sum(ours) / many / customers:.1%} of them in each on average"
    )
    print(f"one pass, compiled and counted   {one_pass:8.3f} s")
    print(f"one pass, as boolean columns     {memory.seconds:8.3f} s, peak {memory.peak_mib:.0f} MiB in this process")
    print(f"one by one                       {one_by_one:8.3f} s   {one_by_one / one_pass:6.1f} × (≥ {ONE_BY_ONE:g} ×)")
    print(f"PostgreSQL, one pass             {postgresql:8.3f} s   {postgresql / one_pass:6.1f} × (≥ {POSTGRES:g} ×)")
    return int(one_by_one / one_pass < ONE_BY_ONE or postgresql / one_pass < POSTGRES)


if __name__ == "__main__":
    sys.exit(main())
