"""A hundred segments over a million customers in one pass, and what a builder shows of one while it is edited.

    python -m benchmarks.segments                  # 1 000 000 customers; exit 1 when a target is missed
    python -m benchmarks.segments --customers 20000 --segments 20

The same expressions run three ways over the same rows: all compiled into one query (boolean columns, counted), each
compiled and counted on its own, and on PostgreSQL as one pass of counts over an analysed, vacuumed table, in parallel,
JIT off and on, the better of the two. Counts must agree. Each figure is the best of several runs. The raw scan
reads and decodes the same columns.

The builder's count is `queries.counts`: total, a count a rule, samples, of trees over traits, profile, consents of
this moment read from PostgreSQL, and facts of two lines a customer; whom one can reach comes apart. A count that
runs is stopped once and timed.
"""

from __future__ import annotations

import argparse
import io
import os
import random
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Sequence
from datetime import UTC, date, datetime
from pathlib import Path

import numpy as np
import psycopg
import pyarrow as pa
import pyarrow.csv

from benchmarks.data import measured, more_lines
from cordiale import home
from cordiale.config import postgres
from cordiale.lake import Lake, open_lake
from cordiale.segments.rules import Field, Kind, Vocabulary, parse
from cordiale.segments.rules.compilation import Plan, to_sql

NOW = datetime(2026, 11, 16, 9, tzinfo=UTC)
DAY = date(2026, 11, 16)
ONE_BY_ONE, POSTGRES, SCAN = 3.0, 8.0, 8.0
BUILDER_SECONDS = 1.0
LINES_A_CUSTOMER = 2
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
        os.environ |= {"CORDIALE_HOME": folder, "DJANGO_SETTINGS_MODULE": "cordiale.config.settings"}
        here = home.Home(Path(folder)).prepare()
        postgres.hold(here)
        try:
            missed = compare(postgres.dsn(here), given.customers, given.segments)
            return missed + build(given.customers)
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
    seen = ", ".join(f"max({name})" for name in KINDS)
    scan = best(lambda: lake.query(f"SELECT {seen} FROM traits", DAY), 5)
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
    print(f"raw scan of the same traits      {scan:8.3f} s   {one_pass / scan:6.1f} × (≤ {SCAN:g} ×)")
    return int(one_by_one / one_pass < ONE_BY_ONE or postgresql / one_pass < POSTGRES or one_pass / scan > SCAN)


TREES = [
    "orders_90d >= 2 and spend_365d > 100",
    "lifecycle_stage = 'dormant' and has_email",
    "consent('offers', 'email') and recency_days > 60",
    "language = 'fr' and city like 'V1%' and orders_total > 3",
    "not consent('offers', 'sms') and (spend_90d > 50 or average_basket > 20)",
    "age between 30 and 45 and has_phone",
    "reachable('offers', 'email') and favourite_category in ('C1', 'C2', 'C3')",
    "sample(0.1, 'spring') and last_order_at >= now - '90 days'",
    "spend_total / orders_total > 30 and promotion_share < 0.3 and not favourite_store = 'S3'",
    "orders(last => '90 days') >= 1 and consent('offers', 'email')",
    "spend(category => 'C07', last => '365 days') > 20 or units_90d > 10",
    "never(orders(last => '365 days')) and has_email",
]
_PEOPLE = """
insert into customers_customer (id, reference, first_name, last_name, email, phone, birth_on, street, postcode, city,
    country, language, timezone, declared, sources, created_at, updated_at)
select n, 'R' || n, 'A', 'B', case when n %% 4 > 0 then 'p' || n || '@example.org' else '' end,
    case when n %% 3 = 0 then '+3363998' || lpad((n %% 10000)::text, 4, '0') else '' end,
    date '1940-01-01' + (n %% 25000)::int, '1 rue', '69001', 'V' || n %% 300, 'FR',
    case when n %% 5 > 0 then 'fr' else 'en' end, 'Europe/Paris', '{}', '{}', %(now)s, %(now)s
from generate_series(1, %(many)s) n
"""
_PROOFS = """
insert into consent_consentproof (id, customer_id, purpose_id, channel, state, at, source, wording, wording_version,
    language, form_url, user_agent)
select n * 2 + channel.number, n, 'offers', channel.name, case when n %% 7 = 0 then 'withdrawn' else 'granted' end,
    %(now)s, 'form', 'yes', '', 'fr', '', ''
from generate_series(1, %(many)s) n, (values (0, 'email', 2), (1, 'sms', 5)) channel(number, name, every)
where n %% channel.every <> 1
"""
_CONSENTS = """
insert into consent_consent (customer_id, purpose_id, channel, state, since, proof_id)
select customer_id, purpose_id, channel, state, at, id from consent_consentproof
"""


def base(many: int) -> None:
    """The customers and their consents in PostgreSQL, their order lines, and the snapshot there already is."""
    from django.core.management import call_command  # noqa: PLC0415 - Django is set up first
    from django.db import connection, transaction  # noqa: PLC0415

    from cordiale.consent.models import Purpose  # noqa: PLC0415
    from cordiale.insight.models import Snapshot  # noqa: PLC0415

    call_command("migrate", verbosity=0)
    Purpose.objects.get_or_create(code="offers", defaults={"title": {"en": "Offers"}})
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("set local session_replication_role = replica")  # no search index, no second look at each row
        for statement in (_PEOPLE, _PROOFS, _CONSENTS):
            cursor.execute(statement, {"now": NOW, "many": many})
    with connection.cursor() as cursor:
        for table in ("customers_customer", "consent_consent"):
            cursor.execute(f"vacuum analyze {table}")
    lake = open_lake()
    lake.append("order_lines", more_lines(many, 0, LINES_A_CUSTOMER * many))
    lake.fold("order_lines")
    Snapshot.objects.create(day=DAY, as_of=NOW, customers=many, seconds=1, definition="benchmark")


def build(many: int) -> int:
    """What a builder waits for."""
    import django  # noqa: PLC0415 - the home is chosen first

    django.setup()
    from cordiale.lake import Stop, Stopped  # noqa: PLC0415
    from cordiale.segments import queries  # noqa: PLC0415

    base(many)
    queries.counts("true and has_email and age > 3", NOW, with_reach=False)
    each = {text: [timed(lambda text=text: queries.counts(text, NOW, with_reach=False)) for _ in range(4)]
            for text in TREES}  # fmt: skip
    seconds = sorted(one for runs in each.values() for one in runs)
    p95 = seconds[int(0.95 * (len(seconds) - 1))]
    slowest = max(each, key=lambda text: min(each[text]))
    reach = min(timed(lambda: queries.reach("has_email", NOW)) for _ in range(2))
    print(f"\nbuilder: total, counts by rule and samples of {len(TREES)} trees over {many:,} customers, 4 times each")
    print(f"p50 {seconds[len(seconds) // 2]:.3f} s, p95 {p95:.3f} s (< {BUILDER_SECONDS:g} s); slowest: {slowest}")
    print(f"whom one can reach, all purposes and channels: {reach:.3f} s")
    stop, waited = Stop(), []
    heavy = " or ".join(f"spend(category => 'C{n:02}') > {n}" for n in range(30))

    def ask() -> None:
        try:
            queries.counts(heavy, NOW, cancel=stop)
        except Stopped:
            waited.append(time.perf_counter())

    asking = threading.Thread(target=ask)
    asking.start()
    time.sleep(0.3)
    asked = time.perf_counter()
    stop.request()
    asking.join()
    print(
        f"a running count stops after {waited[0] - asked:.3f} s"
        if waited
        else "the count was over before it was stopped"
    )
    return int(p95 >= BUILDER_SECONDS)


def timed(run: Callable[[], object]) -> float:
    """The seconds of one run."""
    began = time.perf_counter()
    run()
    return time.perf_counter() - began


if __name__ == "__main__":
    sys.exit(main())
